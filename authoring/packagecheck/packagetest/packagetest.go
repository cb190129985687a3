// Package packagetest makes small packages for tests of what is done with one:
// they are valid, so that whatever is said of them is about something else.
package packagetest

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"strings"
)

const manifest = `<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="module" version="1.0" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
<organizations default="organization-1"><organization identifier="organization-1"><title>%[1]s</title>
<item identifier="item-1" identifierref="resource-1"><title>%[1]s</title></item></organization></organizations>
<resources><resource identifier="resource-1" type="webcontent" adlcp:scormtype="sco" href="index.html">
<file href="index.html"/>%[2]s</resource></resources>
</manifest>
`

const page = `<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%[1]s</title>
<script>
function find(from) {
  for (let w = from, steps = 0; w && steps < 10; steps++) {
    if (w.API) return w.API;
    w = w.parent === w ? null : w.parent;
  }
  return null;
}
const api = find(window) || (window.opener && find(window.opener));
if (api) {
  api.LMSInitialize("");
  api.LMSSetValue("cmi.core.score.raw", "100");
  api.LMSSetValue("cmi.core.lesson_status", "passed");
  api.LMSCommit("");
  window.addEventListener("pagehide", () => api.LMSFinish(""));
}
</script>
</head>
<body><main><h1>%[1]s</h1><p>Plan it, do it, and tell your team how it went.</p></main></body>
</html>
`

// SCORM12 is a SCORM 1.2 package with one page, which reports success and a
// score. title makes it another; media are files beside it, of any bytes.
func SCORM12(title string, media ...[]byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	var declared strings.Builder
	for i := range media {
		fmt.Fprintf(&declared, `<file href="media/%d.mp3"/>`, i+1)
	}
	add(z, "imsmanifest.xml", fmt.Appendf(nil, manifest, escaped(title), declared.String()))
	add(z, "index.html", fmt.Appendf(nil, page, html.EscapeString(title)))
	for i, m := range media {
		add(z, fmt.Sprintf("media/%d.mp3", i+1), m)
	}
	if err := z.Close(); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// Broken is such a package with one error: it has two pages of one name.
func Broken() []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add(z, "imsmanifest.xml", fmt.Appendf(nil, manifest, "Broken", ""))
	for _, title := range []string{"Broken", "Broken too"} {
		add(z, "index.html", fmt.Appendf(nil, page, title))
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func add(z *zip.Writer, name string, content []byte) {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err == nil {
		_, err = w.Write(content)
	}
	if err != nil {
		panic(err)
	}
}

func escaped(text string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		panic(err)
	}
	return b.String()
}
