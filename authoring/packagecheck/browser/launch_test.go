package browser

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
)

// files are a package.
type files map[string]string

// open gives a file of them.
func (f files) open(_ context.Context, path string) (io.ReadCloser, bool) {
	text, ok := f[path]
	return io.NopCloser(bytes.NewReader([]byte(text))), ok
}

// chromium is a browser for tests, which may run as root.
func chromium(t *testing.T, o Options) *Browser {
	t.Helper()
	o.UnsafeNoSandboxForTests = true
	b, err := New(o)
	if err != nil {
		t.Fatalf("this test needs Chromium (apt-get install chromium): %v", err)
	}
	return b
}

// look opens the units of a package.
func look(t *testing.T, o Options, kind packagecheck.Kind, f files, units ...packagecheck.Unit) packagecheck.Look {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	got, err := chromium(t, o).Launch(ctx, packagecheck.Launch{Kind: kind, Units: units, Open: f.open})
	if err != nil {
		t.Fatalf("Launch: %v", err)
	}
	if len(got.Seen) != len(units) {
		t.Fatalf("%d of %d units were seen: %s", len(got.Seen), len(units), got.Note)
	}
	return got
}

func sco(launch string) packagecheck.Unit { return packagecheck.Unit{Launch: launch, Type: "sco"} }

func markup(body string) string {
	return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A unit</title></head><body><main><h1>A unit</h1>` + body + `</main></body></html>`
}

func TestGoodUnit(t *testing.T) {
	f := files{"a.html": markup(`<p>Hello</p><script>
		const find = w => w.API || (w.parent !== w ? find(w.parent) : null)
		const api = find(window)
		api.LMSInitialize("")
		api.LMSSetValue("cmi.core.lesson_status", "completed")
		addEventListener("unload", () => api.LMSFinish(""))
	</script>`)}
	got := look(t, Options{}, packagecheck.SCORM12, f, sco("a.html"))
	t.Logf("%+v", got)
}
