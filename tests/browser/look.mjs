// Looks at the pages in headless Chromium: wide, narrow, dark, printed, with scripts off.
// node look.mjs PAGES SCREENSHOTS CHROMIUM
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [pages, shots, executablePath] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 740 };
// What must be there: a test that finds no page must not pass.
const EXPECTED = [
  'run-passed', 'run-failed', 'run-inconclusive', 'run-ten-drills', 'run-excepted', 'run-interrupted', 'run-hostile',
  'gate-not-ready', 'gate-ready', 'gate-hostile',
];
// A page takes so many sheets for each scenario, and for all the rest.
const SHEETS_SCENARIO = 4;
const SHEETS_REST = 6;

const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const browser = await chromium.launch({ executablePath, args });
console.log(`Chromium ${browser.version()}`);

// Opens a page in a context of its own; whatever is asked for, said or run that should not be is in `wrong`.
async function open(name, options) {
  const url = pathToFileURL(resolve(pages, `${name}.html`)).href;
  const context = await browser.newContext(options);
  const wrong = [];
  await context.route('**', (route) => {
    if (route.request().url() === url) return route.continue();
    wrong.push(`asks for ${route.request().url()}`);
    return route.abort();
  });
  const page = await context.newPage();
  page.on('console', (message) => wrong.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => wrong.push(`error: ${error}`));
  page.on('dialog', (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(url);
  return { page, wrong, close: () => context.close() };
}

async function accessible(page, what) {
  // All rules run; what passes is neither described for each element nor carried over: that took most of the time.
  const violations = await page.evaluate(async () => (await globalThis.axe.run({ resultTypes: ['violations'] })).violations);
  const told = violations.map((v) => `${v.id}: ${v.help} (${v.nodes.length}, e.g. ${v.nodes[0].html.slice(0, 200)})`);
  assert.deepEqual(told, [], `${what}: axe`);
}

const documentWidth = (page) => page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);

async function verdictFirst(page, what, height) {
  const box = await page.locator('h1').boundingBox();
  assert.ok(box && box.y >= 0 && box.y + Math.min(box.height, 40) < height, `${what}: the verdict is not on the first screen`);
}

const SEEN = [
  ['wide', WIDE, 'light'],
  ['dark', WIDE, 'dark'],
  ['narrow', NARROW, 'light'],
  ['narrow-dark', NARROW, 'dark'],
];

async function look(name) {
  // One page for all: to open it anew for each takes longer than to look at it.
  const { page, wrong, close } = await open(name, { viewport: WIDE, colorScheme: 'light' });
  let light;
  for (const [how, viewport, colorScheme] of SEEN) {
    const what = `${name}, ${how}`;
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    const shot = await page.screenshot({ path: join(shots, `${name}-${how}.png`) });
    if (how === 'wide') {
      light = shot;
      // Once; after the picture, which is the page's own.
      await page.evaluate(axe);
    }
    await verdictFirst(page, what, viewport.height);
    const [scroll, client] = await documentWidth(page);
    assert.ok(scroll <= client, `${what}: the document is ${scroll} px wide, the window ${client}`);
    await accessible(page, what);
    assert.deepEqual(wrong, [], what);
  }
  await printed(name, page);
  assert.deepEqual(wrong, [], `${name}, printed`);
  await close();
  await withoutScripts(name, light);
  await locked(name);
}

// The same picture, byte for byte.
async function withoutScripts(name, light) {
  const { page, wrong, close } = await open(name, { viewport: WIDE, colorScheme: 'light', javaScriptEnabled: false });
  const shot = await page.screenshot();
  assert.ok(shot.equals(light), `${name}: looks different with scripts off`);
  assert.deepEqual(wrong, [], `${name}, scripts off`);
  await close();
}

async function printed(name, page) {
  // A dark screen must not print dark.
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'dark' });
  const scenarios = await page.locator('article').count();
  const pdf = await page.pdf({ format: 'A4' });
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-', `${name}: no PDF`);
  writeFileSync(join(shots, `${name}.pdf`), pdf);
  const sheets = pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
  const most = SHEETS_REST + SHEETS_SCENARIO * scenarios;
  // Long names take the room that they take.
  assert.ok(sheets >= 1 && (sheets <= most || name.endsWith('hostile')), `${name}: ${sheets} sheets, at most ${most}`);
  await page.emulateMedia({ media: 'print' });
  const [ink, paper] = await page.evaluate(() => {
    const style = getComputedStyle(document.body);
    return [style.color, style.backgroundColor];
  });
  assert.deepEqual([ink, paper], ['rgb(0, 0, 0)', 'rgb(255, 255, 255)'], `${name}: printed`);
}

// Even somebody who got markup into the page could run and load nothing.
async function locked(name) {
  const { page, wrong, close } = await open(name, { viewport: WIDE });
  const ran = await page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.ran = true';
    const image = new Image();
    image.src = 'https://example.invalid/x.png';
    document.body.append(script, image);
    await new Promise((done) => { image.onerror = done; image.onload = done; });
    return globalThis.ran === true;
  });
  assert.equal(ran, false, `${name}: the policy lets a script run`);
  assert.ok(!wrong.some((w) => w.startsWith('asks for')), `${name}: the policy lets something be loaded: ${wrong}`);
  assert.ok(wrong.some((w) => w.includes('Content Security Policy')), `${name}: nothing was refused`);
  await close();
}

mkdirSync(shots, { recursive: true });
const found = readdirSync(pages).filter((file) => file.endsWith('.html')).map((file) => file.slice(0, -5)).sort();
for (const name of EXPECTED) assert.ok(found.includes(name), `no page ${name} in ${pages}`);
let failed = 0;
const waiting = [...found];
// As many at a time as there are cores: a page is looked at in one thread.
await Promise.all(Array.from({ length: availableParallelism() }, async () => {
  for (let name = waiting.shift(); name; name = waiting.shift()) {
    try {
      await look(name);
      console.log(`ok   ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${error.message}`);
    }
  }
}));
await browser.close();
console.log(`browser: ${found.length - failed} passed, ${failed} failed; screenshots in ${shots}`);
process.exitCode = failed ? 1 : 0;
