"""KServe's model server with the graphs of a bundle on onnxruntime: `kserve_server.py BUNDLE`.

Prints its address; ends with its standard input.
"""

import json
import os
import socket
import sys
import threading
from pathlib import Path

import onnxruntime
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer
from kserve.protocol.rest.server import RESTServer

DATATYPES = {"float32": "FP32", "float16": "FP16", "int64": "INT64", "bool": "BOOL"}


class Graph(Model):
    """One graph of the bundle."""

    def __init__(self, name: str, folder: Path, manifest: dict) -> None:
        super().__init__(name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(folder / manifest["file"]["path"]), options)
        self.manifest = manifest
        self.ready = True

    def get_input_types(self) -> list[dict]:
        return self._ports("inputs")

    def get_output_types(self) -> list[dict]:
        return self._ports("outputs")

    def _ports(self, side: str) -> list[dict]:
        return [
            {
                "name": name,
                "datatype": DATATYPES[port["dtype"]],
                "shape": [size if isinstance(size, int) else -1 for size in port["shape"]],
            }
            for name, port in self.manifest[side].items()
        ]

    def predict(self, payload: InferRequest, headers=None, response_headers=None) -> InferResponse:
        feeds = {tensor.name: tensor.as_numpy() for tensor in payload.inputs}
        names = [output.name for output in self.session.get_outputs()]
        outputs = []
        for name, value in zip(names, self.session.run(names, feeds)):
            output = InferOutput(name, list(value.shape), DATATYPES[str(value.dtype)])
            output.set_data_from_numpy(value, binary_data=True)
            outputs.append(output)
        return InferResponse(
            response_id=payload.id or "", model_name=self.name, infer_outputs=outputs, requested_outputs=payload.request_outputs
        )


def main(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    server = ModelServer(enable_grpc=False, workers=1)
    for name, graph in manifest["graphs"].items():
        server.register_model(Graph(name, folder, graph))
    # ModelServer.start listens on every address of the machine; a socket of our own does not.
    rest = RESTServer("kserve.model_server:app", server.dataplane, server.model_repository_extension, 0)
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    rest.run(sockets=[listening])


def end_with_standard_input() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
