"""llama_cpp.server over the library of llama.cpp that xllamacpp carries: GGUF HOST PORT CONTEXT NAME.

The package llama-cpp-python is only source; its build of llama.cpp takes an hour on a small machine.
The C API that its Python code calls is exported by xllamacpp, but for three functions that the server
does not need.
"""

import ctypes
import importlib.util
import pathlib
import sys
import types

gguf, host, port, context, name = sys.argv[1:]

folder = pathlib.Path(importlib.util.find_spec("llama_cpp").origin).parent
library = next(
    pathlib.Path(importlib.util.find_spec("xllamacpp").origin).parent.glob("*.so")
)

# The package without its __init__, so that its loader can be replaced before it loads anything.
bare = types.ModuleType("llama_cpp")
bare.__path__ = [str(folder)]
sys.modules["llama_cpp"] = bare
import llama_cpp._ctypes_extensions as loader  # noqa: E402

loader.load_shared_library = lambda _name, _folder: ctypes.CDLL(str(library))
declare = loader.ctypes_function_for_shared_library


def lenient(lib):
    of_lib = declare(lib)
    return lambda symbol, args, result, enabled=True: of_lib(
        symbol, args, result, enabled and hasattr(lib, symbol)
    )


loader.ctypes_function_for_shared_library = lenient
del sys.modules["llama_cpp"]

import uvicorn  # noqa: E402
from llama_cpp.server.app import create_app  # noqa: E402
from llama_cpp.server.settings import ModelSettings, ServerSettings  # noqa: E402

model = ModelSettings(
    model=gguf,
    model_alias=name,
    n_ctx=int(context),
    n_threads=1,
    n_threads_batch=2,
    chat_format="chatml-function-calling",
    verbose=False,
)
server = ServerSettings(host=host, port=int(port))
uvicorn.run(create_app(server_settings=server, model_settings=[model]), host=host, port=int(port))
