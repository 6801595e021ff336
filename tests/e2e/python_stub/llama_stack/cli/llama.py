# Behaves as the command `llama` does as far as a test runner sees it, by nothing but the standard library. What it was told
# goes to its log, line by line.
import os
import sys

TOLD = [
    "LLAMA_STACK_TEST_INFERENCE_MODE",
    "OGX_TEST_INFERENCE_MODE",
    "LLAMA_STACK_TEST_STACK_CONFIG_TYPE",
    "LLAMA_STACK_TEST_RECORDING_DIR",
    "LLAMA_STACK_PORT",
    "LLAMA_STACK_CONFIG_DIR",
    "SQLITE_STORE_DIR",
    "STACK_TEST_PROVIDER_URLS",
    "OTEL_PROPAGATORS", "OTEL_TRACES_EXPORTER", "OTEL_TRACES_SAMPLER",
    "STUB_INSTRUMENTED",
]


def main():
    import uvicorn
    import yaml

    print("stub: words", " ".join(sys.argv), flush=True)
    for name in TOLD:
        print(f"stub: {name} is {os.environ.get(name)}", flush=True)
    store = os.environ["SQLITE_STORE_DIR"]
    print("stub: stored", os.listdir(store), flush=True)
    open(os.path.join(store, "kvstore.db"), "w").close()
    how = os.environ.get("STUB_DOES", "")
    if how == "stay":
        # As one that is too busy to see that its run is gone.
        os.killpg = lambda *_: None
    if how == "die":
        raise ModuleNotFoundError("No module named 'faiss'")
    port = int(sys.argv[sys.argv.index("--port") + 1])
    # A run config: the URL of one provider is a literal, that of the other comes from a variable.
    literal, by_variable = "http://127.0.0.1:1/literal", "${env.OLLAMA_URL:=http://127.0.0.1:1}"
    config = yaml.safe_load(
        {
            "providers": {
                "inference": [
                    {"provider_type": "remote::groq", "config": {"base_url": literal}},
                    {"provider_id": "mine", "provider_type": "remote::vllm", "config": {"base_url": literal}},
                    {"provider_type": "remote::ollama", "config": {"base_url": by_variable}},
                ]
            }
        }
    )
    urls = {}
    for entry in config["providers"]["inference"]:
        name, url = entry.get("provider_id") or entry["provider_type"].removeprefix("remote::"), entry["config"]["base_url"]
        urls[name] = os.environ.get("OLLAMA_URL", "") if url == by_variable else url
        print(f"stub: {name} is at {urls[name]}", flush=True)
    uvicorn.run(urls, host=["::", "0.0.0.0"], port=port, hang=how == "hang")
