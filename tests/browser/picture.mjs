// The top of a page as a picture, for the README.
// node picture.mjs readiness.html docs/images/readiness.png HEIGHT CHROMIUM
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [file, path, height, executablePath] = process.argv.slice(2);
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const browser = await chromium.launch({ executablePath, args });
const page = await browser.newPage({ viewport: { width: 1280, height: Number(height) }, colorScheme: 'light' });
await page.goto(pathToFileURL(resolve(file)).href);
await page.screenshot({ path });
await browser.close();
