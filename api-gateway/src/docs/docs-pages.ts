import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPublicDocument, type PublicDocument } from './public-document.ts';

const OWN = fileURLToPath(new URL('./ui', import.meta.url));
const SWAGGER_UI = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';

/** The files under /docs/ with their folder and content type. No other file of the package is served. */
const FILES: ReadonlyMap<string, readonly [root: string, contentType: string]> = new Map([
  ['index.html', [OWN, HTML]],
  ['initializer.js', [OWN, SCRIPT]],
  ['swagger-ui.css', [SWAGGER_UI, STYLE]],
  ['swagger-ui-bundle.js', [SWAGGER_UI, SCRIPT]],
  ['favicon-32x32.png', [SWAGGER_UI, 'image/png']],
]);

/** Returns a function that reads the page at a path under /docs/; undefined for other paths. */
export type DocsPages = (path: string) => (() => Promise<PublicDocument>) | undefined;

/** The pages of the documentation. Each file is read once, at the first request. */
export function createDocsPages(): DocsPages {
  const known = new Map<string, PublicDocument>();

  return (path) => {
    const name = path.slice('/docs/'.length) || 'index.html';
    const file = FILES.get(name);
    if (!file) return undefined;
    const [root, contentType] = file;
    return async () => {
      const page = known.get(name) ?? createPublicDocument(await readFile(join(root, name)), contentType);
      known.set(name, page);
      return page;
    };
  };
}
