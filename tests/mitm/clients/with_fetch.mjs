// Posts `body` to `url` for a case; the answer goes to standard output, as it came. Node from 24 on finds the proxy by
// itself (NODE_USE_ENV_PROXY); before, `undici` from npm has to be put in.
const [url, body, baggage] = process.argv.slice(2);
if (Number(process.versions.node.split(".")[0]) < 24) {
  const { EnvHttpProxyAgent, setGlobalDispatcher } = await import("undici");
  setGlobalDispatcher(new EnvHttpProxyAgent());
}
const headers = { "content-type": "application/json", baggage };
const answer = await fetch(url, { method: "POST", body, headers });
for await (const piece of answer.body) process.stdout.write(piece);
process.exitCode = answer.status === 200 ? 0 : 1;
