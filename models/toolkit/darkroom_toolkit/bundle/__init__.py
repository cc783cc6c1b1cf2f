"""Write model bundles: tokenizer, ONNX graphs with their weights, constants, and the manifest that describes them.

`parts.build_parts` gathers the modules, `manifest.BundleMeta` says what the modules cannot, `export.export_bundle` writes.
"""
