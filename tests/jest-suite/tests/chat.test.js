const { post, question } = require('./server');

describe('chat', () => {
  test.each(['What is the capital of France?', 'What is two plus three?'])('answers: %s', async (content) => {
    const answer = await (await post('/v1/chat/completions', question(content))).json();
    expect(answer.object).toBe('chat.completion');
    expect(answer.choices[0].message.content).toBeTruthy();
  });

  test('streams', async () => {
    const answer = await post('/v1/chat/completions', question('Which planet has rings around it?', { stream: true }));
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const pieces = (await answer.text()).split('\n').filter((line) => line.startsWith('data: {'));
    expect(pieces.length).toBeGreaterThan(1);
  });

  test('refuses a model that is not there', async () => {
    const answer = await post('/v1/chat/completions', question('Hello.', { model: 'no/such-model' }));
    expect([400, 404]).toContain(answer.status);
  });
});
