package e2e

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"
)

// scormPackage makes a small valid SCORM 1.2 package, and gives its path.
func scormPackage(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "night-team.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for _, file := range [][2]string{
		{"imsmanifest.xml", `<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="night-team" version="1" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
	xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
<organizations default="o"><organization identifier="o"><title>Leading a night team</title>
<item identifier="i" identifierref="r"><title>Leading a night team</title></item></organization></organizations>
<resources><resource identifier="r" type="webcontent" adlcp:scormtype="sco" href="index.html"><file href="index.html"/></resource></resources>
</manifest>`},
		{"index.html", `<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>Leading a night team</title>
<script>for (let w = window; w !== w.parent && !window.API; w = w.parent) window.API = w.parent.API
API?.LMSInitialize(""); API?.LMSSetValue("cmi.core.lesson_status", "completed"); API?.LMSFinish("")</script></head>
<body><main><h1>Leading a night team</h1><p>Who leads when it is dark?</p></main></body></html>`},
	} {
		w, err := z.Create(file[0])
		if err == nil {
			_, err = w.Write([]byte(file[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
