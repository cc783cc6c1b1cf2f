/** `npm run build`: compiles src/, plugins/ and examples/ into dist/, unless it is current already. */
import { report, say } from './lib/say.mjs';
import { build, isBuilt, linkCommand, requireNode } from './lib/setup.mjs';

try {
  requireNode();
  if (isBuilt()) say('dist/ is current.');
  else build();
  linkCommand();
} catch (error) {
  report(error);
}
