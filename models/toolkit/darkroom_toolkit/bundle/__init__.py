"""Write model bundles: tokenizer, ONNX graphs with their weights, constants, and the manifest that describes them."""
