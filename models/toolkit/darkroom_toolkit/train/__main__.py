import argparse

from . import add_arguments, main

parser = argparse.ArgumentParser(prog="python -m darkroom_toolkit.train", description=__doc__)
add_arguments(parser)
main(parser.parse_args())
