// Copies the parts of nhsuk-frontend that Rung may ship and the SCORM host of
// previews (scorm-again, MIT) into web/assets/dist, where the Go binary embeds
// them, and axe-core to where the package check embeds it. Run by `npm run
// build` (make assets).
//
// Left behind on purpose: the Frutiger font files (licensed), the NHS logo,
// favicons and app icons (restricted). The @font-face rules that would fetch
// Frutiger from another host are cut out, and its name is replaced by fonts
// that every machine has.
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, 'dist')
const { resolve } = createRequire(import.meta.url)
const from = dirname(resolve('nhsuk-frontend/package.json'))
const source = join(from, 'dist', 'nhsuk')

const fonts = 'system-ui,-apple-system,Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif'

await mkdir(dist, { recursive: true })
for (const name of await readdir(dist)) {
  if (name !== '.keep') await rm(join(dist, name), { recursive: true })
}
await mkdir(join(dist, 'images'), { recursive: true })

const css = (await readFile(join(source, 'nhsuk-frontend.min.css'), 'utf8'))
  .replace(/@font-face\{[^}]*\}/g, '')
  .replaceAll('Frutiger W01,arial,sans-serif', fonts)
  .replace(/\/\*# sourceMappingURL=.*?\*\//g, '')
if (/frutiger|@font-face|https?:\/\/assets/i.test(css)) {
  throw new Error('the stylesheet of nhsuk-frontend still names a restricted font or a foreign host: look at build.mjs')
}
await writeFile(join(dist, 'nhsuk-frontend.css'), css)

const js = (await readFile(join(source, 'nhsuk-frontend.min.js'), 'utf8'))
  .replace(/\/\/# sourceMappingURL=.*/g, '')
await writeFile(join(dist, 'nhsuk-frontend.js'), js)

const icon = /^nhsuk-icon-(arrow|chevron|cross|minus|plus|search|tick|user).*\.svg$/
for (const name of await readdir(join(source, 'assets', 'images'))) {
  if (icon.test(name)) await cp(join(source, 'assets', 'images', name), join(dist, 'images', name))
}
for (const [, name] of css.matchAll(/url\(\/assets\/images\/([^)]+)\)/g)) {
  await readFile(join(dist, 'images', name)) // a stylesheet that asks for what we do not ship must not pass
}

// As it is published, with the licence (MPL-2.0) at its head.
const axe = join(here, '..', '..', 'authoring', 'packagecheck', 'browser', 'dist')
await mkdir(axe, { recursive: true })
await cp(join(dirname(resolve('axe-core/package.json')), 'axe.min.js'), join(axe, 'axe.min.js'))

const scorm = dirname(resolve('scorm-again/scorm12/min'))
await mkdir(join(dist, 'preview'))
for (const name of ['scorm12', 'scorm2004']) {
  const code = (await readFile(join(scorm, `${name}.min.js`), 'utf8')).replace(/\/\/# sourceMappingURL=.*/g, '')
  const licence = await readFile(join(scorm, '..', 'LICENSE'), 'utf8')
  await writeFile(join(dist, 'preview', `${name}.js`), `/*! scorm-again\n\n${licence.trim()}\n*/\n${code}`)
}
