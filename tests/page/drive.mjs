/* Drives a report's page in headless Chromium, as a reader would:
 *
 *     CHROMIUM=/usr/bin/chromium node drive.mjs REPORT.html
 *
 * Nothing is asked of the network; tables sort, filter and hide columns; lines stand out; a figure opens;
 * the grid's matrix changes; no text is cut at 1400 and 390 pixels, nor on paper; axe-core finds no serious
 * violation by day and by night; without the script everything is still there. Fails with what is wrong. */
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
import {chromium} from "playwright-core";

const address = pathToFileURL(process.argv[2]).href;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/* Printable widths of page.css in CSS pixels, 96 an inch: A4 less its margins, upright and turned. */
const UPRIGHT = ((210 - 2 * 13) / 25.4) * 96, TURNED = ((297 - 2 * 12) / 25.4) * 96;

const browser = await chromium.launch({executablePath: process.env.CHROMIUM, args: ["--no-sandbox"]});

const open = async (width, options = {}) => {
  const context = await browser.newContext({viewport: {width, height: 900}, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  page.on("request", (request) => /^(file|data):/.test(request.url()) || page.faults.push(`asks for ${request.url()}`));
  await page.goto(address);
  return page;
};

/* What stands out of the page to the right, but in boxes that scroll. */
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

const serious = async (page) => {
  await page.evaluate(axe);
  const {violations} = await page.evaluate(() => axe.run());
  return violations.filter(({impact}) => impact === "serious" || impact === "critical")
    .map(({id, nodes}) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).slice(0, 3).join(" | ")}`);
};

const column = (table, name) => table.evaluate((table, name) => {
  const at = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === name);
  return [...table.tBodies[0].rows].filter((row) => !row.hidden).map((row) => parseFloat(row.cells[at].textContent));
}, name);

async function tablesSortFilterAndHide(page) {
  const box = page.locator("#table2 .table"), table = box.locator("table").first();
  const heading = table.locator("thead th", {hasText: "accuracy, %"}), button = heading.locator("button");
  const before = await column(table, "accuracy, %");
  const falling = before.filter(Number.isFinite).sort((a, b) => b - a);
  const gaps = before.filter((value) => !Number.isFinite(value));
  assert(falling.length > 2, "too few finished cells for a test");
  await button.click();
  assert.deepEqual(await column(table, "accuracy, %"), [...falling, ...gaps], "not sorted, falling");
  assert.equal(await heading.getAttribute("aria-sort"), "descending");
  await button.focus();
  await page.keyboard.press("Enter");
  assert.deepEqual(await column(table, "accuracy, %"), [...falling.reverse(), ...gaps], "not sorted, rising");

  const all = await table.locator("tbody tr").count();
  await box.getByRole("searchbox").fill("r50x1 global");
  const shown = table.locator("tbody tr:visible");
  assert.equal(await shown.count(), 1, "the filter");
  assert.match(await shown.innerText(), /r50x1\s+global/);
  assert.equal(await box.getByRole("status").innerText(), `1 of ${all} rows`);
  await box.getByRole("searchbox").fill("");
  assert.equal(await shown.count(), all, "the filter taken back");

  await box.locator(".tools summary").click();
  await box.getByLabel("accuracy, %").uncheck();
  assert(await heading.isHidden(), "the column is there");
  await box.getByLabel("accuracy, %").check();
  assert(await heading.isVisible(), "the column is gone");

  const value = table.locator("tbody tr[title] td.number", {hasText: "("}).first();
  await value.hover();
  assert.match(await value.getAttribute("title"), /cells\/[0-9a-f]+\/result\.h5.*\/test\/metrics/);
}

async function linesStandOutAndFiguresOpen(page) {
  const figure = page.locator("#roc figure").first();
  await figure.locator(".legend li").nth(1).hover();
  assert.equal(await figure.locator(".series.lit").getAttribute("data-series"), "1");
  await figure.locator(".legend button").first().focus();
  assert.equal(await figure.locator(".series.lit").getAttribute("data-series"), "0");
  await figure.getByRole("button", {name: /^Enlarge/}).click();
  const dialog = page.getByRole("dialog");
  assert(await dialog.locator("svg.plot").isVisible(), "no enlarged figure");
  await page.keyboard.press("Escape");
  assert(await dialog.isHidden(), "the enlarged figure stays");
}

async function theMatrixChanges(page) {
  const box = page.locator("#grid .axes"), caption = box.locator("caption");
  const before = await box.locator("tbody").innerText();
  assert.match(await caption.textContent(), /^Mean validation/);
  await box.getByLabel("Number").selectOption({label: "AUC of the test"});
  assert.match(await caption.textContent(), /^Mean AUC of the test/);
  await box.getByLabel("Columns").selectOption({label: "(none)"});
  assert.deepEqual(await box.locator("thead th").allInnerTexts(), ["all"]);
  await box.getByLabel("Columns").selectOption({label: "tuning"});
  await box.getByLabel("Number").selectOption({index: 0});
  assert.equal(await box.locator("tbody").innerText(), before, "the script and the program disagree");
}

async function thePaperCutsNothing(page) {
  await page.emulateMedia({media: "print"});
  for (const [selector, width] of [[".table:not(.turned)", UPRIGHT], [".table.turned", TURNED]]) {
    await page.setViewportSize({width: Math.floor(width), height: 900});
    const cut = await page.locator(`${selector} table, figure table`).evaluateAll((tables, width) => tables
      .filter((table) => table.getClientRects().length && table.getBoundingClientRect().right > width + 1)
      .map((table) => `${table.caption.textContent}: ${Math.round(table.getBoundingClientRect().right)} of ${Math.round(width)}`), width);
    assert.deepEqual(cut, [], "cut on paper");
  }
  const pdf = (await page.pdf({preferCSSPageSize: true})).toString("latin1");
  const boxes = new Set([...pdf.matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)].map(([, x, y]) => (x > y ? "turned" : "upright")));
  assert(boxes.has("upright"), "no page");
  await page.emulateMedia({media: null});
}

try {
  const wide = await open(1400);
  assert(await overflow(wide) <= 0, "wider than 1400 pixels");
  assert.deepEqual(await serious(wide), [], "axe-core, by day");
  await tablesSortFilterAndHide(wide);
  await linesStandOutAndFiguresOpen(wide);
  await theMatrixChanges(wide);
  await thePaperCutsNothing(wide);
  const dark = await open(1400, {colorScheme: "dark"});
  assert.deepEqual(await serious(dark), [], "axe-core, by night");
  const narrow = await open(390, {isMobile: true, hasTouch: true});
  assert(await overflow(narrow) <= 0, "wider than 390 pixels");
  assert.deepEqual(await serious(narrow), [], "axe-core, narrow");
  const plain = await open(1400, {javaScriptEnabled: false});
  for (const id of ["best", "table2", "roc", "grid", "cells"])
    assert(await plain.locator(`#${id}`).isVisible(), `without the script no ${id}`);
  for (const page of [wide, dark, narrow, plain]) assert.deepEqual(page.faults, []);
} finally {
  await browser.close();
}
