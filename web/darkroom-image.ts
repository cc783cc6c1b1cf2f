/** What the gateway serves at /darkroom-image.js: one script, and any page has `<darkroom-image>`. */
import { defineDarkroomImage } from 'darkroom/element';

defineDarkroomImage();
