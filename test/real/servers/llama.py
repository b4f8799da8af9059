"""The server of llama.cpp as the package xllamacpp carries it: GGUF HOST PORT CONTEXT NAME."""

import pathlib
import sys
import time

import xllamacpp

gguf, host, port, context, name = sys.argv[1:]
params = xllamacpp.CommonParams()
params.model.path = gguf
params.model_alias = {name}
params.hostnames = [host]
params.port = int(port)
params.n_ctx = int(context)
params.n_parallel = 1
params.n_gpu_layers = 0
params.ui = False
params.chat_template = pathlib.Path(__file__).with_name("tools.jinja").read_text()
# Threads that wait for each other by spinning are slow on a machine that does other work too.
params.cpuparams.n_threads = 1
params.cpuparams.poll = 0
params.cpuparams_batch.n_threads = 2
params.cpuparams_batch.poll = 0
if int(context) > 8192:
    # Linear scaling, as `--rope-scale` does it: positions come closer to each other.
    params.rope_freq_scale = 8192 / int(context)
server = xllamacpp.Server(params)
print(f"listening on {server.listening_address}", flush=True)
while True:
    time.sleep(3600)
