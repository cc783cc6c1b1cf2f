import { GenerateImageDocument, createClient } from 'darkroom/client';

const form = document.querySelector('form');
const status = document.querySelector('[role=status]');
const picture = document.querySelector('img');
const save = document.querySelector('a');

// The gateway: `index.html?gateway=http://127.0.0.1:4000`, or where the page comes from.
const client = createClient({
  url: new URLSearchParams(location.search).get('gateway') ?? location.origin,
  onConnection: (state) => {
    if (state.status === 'WAITING') status.textContent = 'Connecting again …';
  },
});

form.addEventListener('submit', async (submit) => {
  submit.preventDefault();
  try {
    const prompt = form.elements.prompt.value;
    const { generateImage } = await client.request(GenerateImageDocument, { input: { prompt } });
    for await (const event of client.watch(generateImage.task.id, { preview: { maxPerSecond: 30 } })) {
      if (event.__typename === 'DenoisingPreview') {
        picture.src = event.dataUrl;
        status.textContent = `Step ${event.stepIndex} of ${event.numInferenceSteps}`;
      } else if (event.__typename === 'ImageFinished' && event.image) {
        const bytes = await (await fetch(event.image.url)).blob();
        picture.src = URL.createObjectURL(bytes);
        save.href = picture.src;
        save.hidden = false;
      } else if (event.__typename === 'TaskFailed') {
        status.textContent = event.error.message;
      } else if (event.__typename === 'TaskSucceeded') {
        status.textContent = 'Done';
      }
    }
  } catch (error) {
    status.textContent = error.message;
  }
});
