package packagecheck

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"
)

// What a package is comes from what lies at its root.
func TestKindIsFound(t *testing.T) {
	course := `<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"/>`
	inner := string(files{"imsmanifest.xml", good12, "a.html", ""}.zip(t))
	for _, c := range []struct {
		name     string
		files    files
		kind     Kind
		manifest string
		ids      string
	}{
		{"scorm", files{"imsmanifest.xml", good12, "a.html", ""}, SCORM12, "imsmanifest.xml", ""},
		{"in another case", files{"IMSManifest.xml", good12, "a.html", ""}, SCORM12, "IMSManifest.xml", "manifest-name-case"},
		{"scorm beside an index", files{"index.html", "", "imsmanifest.xml", good12, "a.html", ""}, SCORM12, "imsmanifest.xml", ""},
		{"two standards", files{"tincan.xml", "<tincan/>", "imsmanifest.xml", good12, "a.html", ""}, SCORM12, "imsmanifest.xml", "manifest-several"},
		{"cmi5", files{"cmi5.xml", course}, CMI5, "cmi5.xml", ""},
		{"xapi", files{"tincan.xml", "<tincan/>"}, XAPI, "tincan.xml", ""},
		{"h5p", files{"h5p.json", "{}"}, H5P, "h5p.json", ""},
		{"aicc", files{"Course.CRS", "", "Course.AU", ""}, AICC, "Course.CRS", ""},
		{"office", files{"[Content_Types].xml", "<Types/>"}, Office, "", ""},
		{"site", files{"index.html", "<html>"}, Site, "", ""},
		{"site with h5p in a folder", files{"index.html", "<html>", "c/h5p.json", "{}"}, Site, "", ""},
		{"site with a course in a folder", files{"index.html", "<html>", "c/cmi5.xml", course}, Site, "", "manifest-beside-site"},
		{"one folder down", files{"My course/imsmanifest.xml", good12, "My course/a.html", ""}, SCORM12, "", "manifest-in-folder"},
		{"three folders down", files{"a/b/c/cmi5.xml", course}, CMI5, "", "manifest-in-folder"},
		{"a site in a folder", files{"site/index.html", "", "__MACOSX/site/x", ""}, Site, "", "manifest-in-folder"},
		{"in an archive", files{"readme.txt", "", "x/course.zip", inner}, Unknown, "", "manifest-in-archive"},
		{"an archive of nothing", files{"course.zip", "no zip"}, Unknown, "", "manifest-missing"},
		{"nothing known", files{"readme.txt", ""}, Unknown, "", "manifest-missing"},
	} {
		r := check(t, c.files.zip(t))
		if got := detectionIDs(r); r.Kind != c.kind || got != c.ids || c.manifest != "" && r.Facts.Manifest != c.manifest {
			t.Errorf("%s: %s %q %q, expected %s %q %q", c.name, r.Kind, r.Facts.Manifest, got, c.kind, c.manifest, c.ids)
		}
	}
}

// detectionIDs are the rules that found something about what the package is;
// the manifests' own are tested elsewhere.
func detectionIDs(r *Report) string {
	var ids []string
	for _, f := range r.Findings {
		if strings.HasPrefix(f.ID, "manifest-") || strings.HasPrefix(f.ID, "zip-") {
			ids = append(ids, f.ID)
		}
	}
	return strings.Join(ids, " ")
}

// The folder to pack is named.
func TestFolderOfTheManifestIsNamed(t *testing.T) {
	r := check(t, files{"My course/imsmanifest.xml", good12, "My course/a.html", ""}.zip(t))
	if len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Message, "“My course”: zip its contents") {
		t.Errorf("findings %+v", r.Findings)
	}
}

func TestWhatIsNoZip(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(`<?xml version="1.0"?><courseStructure/>`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, data, ids, says string }{
		{"a course of cmi5", `<?xml version="1.0"?><courseStructure/>`, "", ""},
		{"the same in UTF-16", utf16, "", ""},
		{"a manifest alone", good12, "manifest-alone", "manifest"},
		{"a tincan.xml alone", "<tincan/>", "manifest-alone", "tincan"},
		{"other XML", "<svg xmlns='http://www.w3.org/2000/svg'/>", "zip-not-a-zip", "svg"},
		{"broken XML", "<?xml version='1.0'?>\n<courseStructure>", "manifest-not-well-formed", "line 2"},
		{"a page", "<!-- x --><!DOCTYPE HTML><html>", "zip-not-a-zip", "an HTML page"},
		{"a page of XHTML", `<?xml version="1.0"?> <html xmlns="x"/>`, "zip-not-a-zip", "an HTML page"},
		{"text", "# Zażółć", "zip-not-a-zip", "text"},
		{"rar", "Rar!\x1a\x07\x01\x00", "zip-not-a-zip", "a RAR archive"},
		{"7-zip", "7z\xbc\xaf\x27\x1c\x00\x04", "zip-not-a-zip", "a 7-Zip archive"},
		{"video", "\x00\x00\x00\x20ftypisom", "zip-not-a-zip", "a video"},
		{"zeros", "\x00\x00\x00", "zip-not-a-zip", "zero bytes"},
		{"nothing", "", "zip-not-a-zip", "an empty file"},
	} {
		r := check(t, []byte(c.data))
		var said []string
		for _, f := range r.Findings {
			said = append(said, f.Message)
		}
		if got := detectionIDs(r); got != c.ids || !strings.Contains(strings.Join(said, " "), c.says) {
			t.Errorf("%s: %q (%q), expected %q with %q", c.name, got, said, c.ids, c.says)
		}
	}
}

// A manifest's fault is told with its place; text of the package is kept short.
func TestFaultsHaveAPlace(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	r := check(t, files{"imsmanifest.xml", "<manifest>\n  <" + long + "></a></manifest>"}.zip(t))
	if len(r.Findings) != 1 || r.Findings[0].Line != 2 || r.Findings[0].Column < 3 || len(r.Findings[0].Message) > 500 {
		t.Errorf("%d findings, the first in line %d", len(r.Findings), r.Findings[0].Line)
	}
	r = check(t, files{"imsmanifest.xml", strings.Repeat(" ", 17<<20)}.zip(t))
	if got := manifestIDs(r); got != "manifest-too-large" {
		t.Errorf("a manifest of 17 MB: %q", got)
	}
}
