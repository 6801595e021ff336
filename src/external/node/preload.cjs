'use strict';
// Puts the `baggage` of the running test on requests to the stack, so that the provider calls which the stack makes for
// them are known to be that test's. Loaded with `node --require` (NODE_OPTIONS) into every Node process that stack-test
// starts, npm and npx among them, so it does nothing at all but in a run, and nothing to requests elsewhere. Node 18 or later.
//
// Why not AsyncLocalStorage: a test's calls come from clients, agents and queues that were made before it began, whose
// context is another one. Tests of one process run one after the other, so one value for the process is right.

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);
const OWN_KEYS = ['stack-test.case=', 'stack-test.session='];

/** Whose calls are made now: the whole value of the header, or null in what runs no tests. Set by jest_runner.cjs. */
const current = { baggage: null };

/** Scheme, host and port in one spelling; undefined for what is no URL. */
function normal(url) {
  try {
    const { protocol, hostname, port } = new URL(url);
    const host = LOOPBACK.has(hostname) ? 'loopback' : hostname;
    return `${protocol}//${host}:${port || (protocol === 'https:' ? 443 : 80)}`;
  } catch {
    return undefined;
  }
}

/** The value for a request that has `existing`, or null to leave it alone. */
function merged(existing) {
  const before = Array.isArray(existing) ? existing.join(',') : existing;
  if (!before) return current.baggage;
  return OWN_KEYS.some((key) => String(before).includes(key)) ? null : `${before},${current.baggage}`;
}

// fetch, and `undici` from npm whatever its version: they announce each request, redirects included, before its headers
// are written. A patched `fetch` would miss undici's own functions, and would not be seen where fetch is taken early.
function watchUndici(stack) {
  require('node:diagnostics_channel').channel('undici:request:create').subscribe(({ request }) => {
    if (!current.baggage || normal(request.origin) !== stack) return;
    const headers = request.headers;
    if (Array.isArray(headers)) {
      // undici 6 and later: [name, value, name, value]
      const at = headers.findIndex((name, i) => i % 2 === 0 && String(name).toLowerCase() === 'baggage');
      const value = merged(at < 0 ? null : headers[at + 1]);
      if (value && at < 0) request.addHeader('baggage', value);
      else if (value) headers[at + 1] = value;
    } else {
      // undici 5: the text of the header lines
      const line = /^baggage: ?(.*)\r\n/im.exec(headers);
      const value = merged(line && line[1]);
      if (value && !line) request.addHeader('baggage', value);
      else if (value) request.headers = headers.replace(line[0], `baggage: ${value}\r\n`);
    }
  });
}

/** Where http.request(url?, options?, callback?) goes. */
function target([first, second], protocol) {
  const given = typeof first === 'string' || first instanceof URL;
  const url = given ? new URL(first) : null;
  const options = (given ? second : first) || {};
  if (typeof options === 'object' && options.socketPath) return undefined;
  const scheme = options.protocol || (url && url.protocol) || protocol;
  const host = options.hostname || options.host || (url && url.hostname) || 'localhost';
  const port = options.port || (url && url.port) || '';
  return `${scheme}//${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}${port && `:${port}`}`;
}

// Most other clients (axios, got, node-fetch, superagent, jsdom) end in http.request or https.request. Nothing is announced
// there before the headers are gone, hence the patch; it is made on the module's object, where all of them look it up.
function patchHttp(stack) {
  for (const name of ['http', 'https']) {
    const module = require(`node:${name}`);
    const request = module.request;
    module.request = function (...args) {
      const made = Reflect.apply(request, this, args);
      try {
        if (current.baggage && !made.headersSent && normal(target(args, `${name}:`)) === stack) {
          const value = merged(made.getHeader('baggage'));
          if (value) made.setHeader('baggage', value);
        }
      } catch {
        // Headers given as a list are sent at once; such a request goes without.
      }
      return made;
    };
    module.get = function (...args) {
      const made = module.request(...args);
      made.end();
      return made;
    };
  }
  require('node:module').syncBuiltinESMExports();
}

const stack = process.env.STACK_TEST_PHASE === 'run' && normal(process.env.STACK_TEST_STACK_URL);
if (stack) {
  watchUndici(stack);
  patchHttp(stack);
}

module.exports = { current };
