// The server under test: STACK_URL and TEXT_MODEL, as a user would give them.
const url = process.env.STACK_URL || 'http://127.0.0.1:8321';
const model = process.env.TEXT_MODEL || 'llama-cpp-server/tiny-chat';

/** The body of a chat question that is answered the same way each time. */
const question = (content, more = {}) => ({
  model, messages: [{ role: 'user', content }], max_tokens: 24, temperature: 0, seed: 7, ...more,
});

const post = (path, body) =>
  fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

module.exports = { url, model, question, post };
