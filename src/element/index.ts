/** `darkroom/element`: `<darkroom-image task="…">`, a picture that develops, for any page. See docs/element.md. */
export { type DarkroomImageElement, defineDarkroomImage } from './darkroom-image.js';
