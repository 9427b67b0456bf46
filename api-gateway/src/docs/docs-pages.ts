import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RequestHandler } from 'express';

const OWN = fileURLToPath(new URL('./ui', import.meta.url));
const SWAGGER_UI = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));

/** The files under /docs/ and where they are. Nothing else of the package is served. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['index.html', OWN],
  ['initializer.js', OWN],
  ['swagger-ui.css', SWAGGER_UI],
  ['swagger-ui-bundle.js', SWAGGER_UI],
  ['favicon-32x32.png', SWAGGER_UI],
]);

/** The page at a path under /docs/; undefined where there is none. */
export function docsPage(path: string): RequestHandler | undefined {
  const name = path.slice('/docs/'.length) || 'index.html';
  const root = FILES.get(name);
  if (root === undefined) return undefined;
  return (_request, response, next) => {
    response.sendFile(
      name,
      { root, cacheControl: false, headers: { 'cache-control': 'no-cache' } },
      (error) => {
        // A client that has gone is no failure of ours.
        if (error && !response.destroyed) next(error);
      },
    );
  };
}
