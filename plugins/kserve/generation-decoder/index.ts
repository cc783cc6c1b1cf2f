/** The generation decoder of a bundle whose graphs an inference server runs. */
import { kserveDecoder } from '../decoder.js';

export default kserveDecoder('generation');
