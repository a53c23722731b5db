// Opens value reviews in a headless Chromium at phone, laptop and print size, in light and dark, without any network, and
// asks axe-core what somebody who cannot see them would miss. Not part of the tests that `cargo test` runs.
//
//   npm install puppeteer-core axe-core && apt-get install chromium
//   rounds review ACCOUNT --out review.html
//   node tests/peers/review/look.mjs review.html [more.html...]
//
// Prints a line for each look and ends with 1 where anything overflows, asks for the network, or breaks a rule.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";
const require = createRequire(resolve("package.json"));
const puppeteer = require("puppeteer-core");
const axe = require.resolve("axe-core/axe.min.js");

const SIZES = [["phone", 360, 740], ["laptop", 1366, 768], ["wide", 2200, 1200]];
const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("name one review or more: node look.mjs review.html");
  process.exit(2);
}
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
let wrong = 0;
for (const file of files) {
  for (const scheme of ["light", "dark"]) {
    for (const [name, width, height] of [...SIZES, ["print", 794, 1123]]) {
      const page = await browser.newPage();
      // The rules are put in past the page's own policy; the page itself is looked at with the policy on.
      await page.setBypassCSP(true);
      const asked = [];
      page.on("request", (request) => { if (!request.url().startsWith("file:")) asked.push(request.url()); });
      await page.setViewport({ width, height });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      if (name === "print") await page.emulateMediaType("print");
      await page.goto(pathToFileURL(resolve(file)).href);
      const over = await page.evaluate(() => {
        const room = document.documentElement.clientWidth;
        const wide = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > room + 1);
        return document.documentElement.scrollWidth > room + 1 ? wide.map((one) => one.tagName) : [];
      });
      await page.addScriptTag({ path: axe });
      const found = await page.evaluate(async () => (await window.axe.run()).violations.map((one) => `${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 90)}`));
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}-${scheme}.png`, fullPage: true });
      wrong += over.length + found.length + asked.length;
      console.log(`${file} ${name} ${scheme}: overflow ${over.length}, requests ${asked.length}, violations ${found.length}`);
      for (const one of [...over, ...asked, ...found]) console.log(`  ${one}`);
      await page.close();
    }
  }
}
await browser.close();
console.log(wrong === 0 ? "nothing wrong" : `${wrong} wrong`);
process.exit(wrong === 0 ? 0 : 1);
