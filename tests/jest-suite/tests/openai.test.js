const OpenAI = require('openai');
const { url, model, question } = require('./server');

const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none' });

test('models are listed', async () => {
  const ids = [];
  for await (const found of client.models.list()) ids.push(found.id);
  expect(ids).toContain(model);
});

test('the client gets an answer', async () => {
  const answer = await client.chat.completions.create(question('What is the opposite of hot?'));
  expect(answer.choices[0].message.content).toBeTruthy();
});

test('the client streams', async () => {
  let text = '';
  for await (const chunk of await client.chat.completions.create(question('What is the capital of Italy?', { stream: true }))) {
    text += chunk.choices[0]?.delta?.content ?? '';
  }
  expect(text).toBeTruthy();
});

test('questions side by side', async () => {
  const cities = ['Spain', 'Norway', 'France'];
  const answers = await Promise.all(cities.map((city) => client.chat.completions.create(question(`What is the capital of ${city}?`))));
  for (const answer of answers) expect(answer.choices[0].message.content).toBeTruthy();
});
