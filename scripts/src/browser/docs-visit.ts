import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { z } from 'zod';

const PATIENCE_MS = 60_000;
const LoggedIn = z.object({ tokens: z.object({ accessToken: z.string() }) });
const Me = z.object({ username: z.string() });

export interface DocsVisit {
  /** Path to the browser. */
  executablePath: string;
  /** Of the gateway. */
  url: string;
  username: string;
  password: string;
}

/**
 * Uses `/docs/` like a newcomer: tries the login operation, authorises with the token, and tries an operation that
 * needs it.
 *
 * @returns one line for each problem: answers, errors of the page, refusals of its policy, other hosts
 */
export async function visitDocs({ executablePath, url, username, password }: DocsVisit): Promise<string[]> {
  // Without a graphics card Chromium emulates one, which needs most of a core.
  const args = ['--no-sandbox', '--disable-gpu'];
  const browser: Browser = await chromium.launch({ executablePath, args });
  try {
    const page = await browser.newPage({ reducedMotion: 'reduce' });
    page.setDefaultTimeout(PATIENCE_MS);
    const problems = complaintsOf(page, url);
    await page.goto(`${url}/docs/`);

    const login = operation(page, 'POST', '/v1/auth/login');
    const answer = await tryOut(login, JSON.stringify({ username, password }));
    if (answer.status !== '200') problems.push(`a login was answered with ${answer.status}`);
    const { tokens } = LoggedIn.parse(JSON.parse(answer.body));

    const me = operation(page, 'GET', '/v1/me');
    const before = await tryOut(me);
    if (before.status !== '401')
      problems.push(`without authorisation /v1/me was answered with ${before.status}`);
    await authorise(page, tokens.accessToken);
    await me.locator('.execute').click();
    await me.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    const seen = Me.parse(JSON.parse(await bodyIn(me))).username;
    if (seen !== username) problems.push(`/v1/me tells of ${seen} in the place of ${username}`);
    return problems;
  } finally {
    await browser.close();
  }
}

/** The list grows with each thing that the page must not do. */
function complaintsOf(page: Page, url: string): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`an error in the page: ${error.message}`));
  page.on('console', (message) => {
    // The browser reports the answer 401, which this visit expects.
    const isExpected = message.text().includes('401');
    if (message.type() === 'error' && !isExpected) complaints.push(`the console says: ${message.text()}`);
  });
  page.on('request', (request) => {
    const isOurs = request.url().startsWith(`${url}/`) || request.url().startsWith('data:');
    if (!isOurs) complaints.push(`the page asks ${request.url()}`);
  });
  return complaints;
}

function operation(page: Page, method: string, path: string): Locator {
  const summary = page.locator(`.opblock-summary-path[data-path="${path}"]`);
  return page.locator(`.opblock-${method.toLowerCase()}`, { has: summary });
}

async function tryOut(operation: Locator, body?: string): Promise<{ status: string; body: string }> {
  await operation.locator('.opblock-summary-control').click();
  await operation.locator('.try-out__btn').click();
  if (body !== undefined) await operation.locator('textarea.body-param__text').fill(body);
  await operation.locator('.execute').click();
  const status = operation.locator('.live-responses-table .response .response-col_status');
  await status.waitFor();
  return { status: (await status.innerText()).trim().slice(0, 3), body: await bodyIn(operation) };
}

async function bodyIn(operation: Locator): Promise<string> {
  return operation.locator('.live-responses-table .response .highlight-code code').first().innerText();
}

async function authorise(page: Page, token: string): Promise<void> {
  await page.locator('.auth-wrapper .btn.authorize').first().click();
  const bearer = page.locator('.auth-container', { hasText: 'bearer' });
  await bearer.locator('input[type="text"], input[type="password"]').first().fill(token);
  await bearer.locator('button.authorize').click();
  await page.locator('.modal-ux .btn-done').first().click();
}
