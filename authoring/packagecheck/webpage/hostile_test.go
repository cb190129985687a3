package webpage

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Whatever a package has in a page, it takes a second or two and stays small. The
// time is far above what is needed, for a busy machine; what is quadratic takes
// many minutes.
func TestHostilePages(t *testing.T) {
	const size, large = 1 << 20, 8 << 20
	full := func(s string) string { return strings.Repeat(s, size/len(s)) }
	head := "<!doctype html><html><body>"
	var names strings.Builder
	for i := 0; names.Len() < size; i++ {
		fmt.Fprintf(&names, "<x%d></x%d>", i, i)
	}
	for name, text := range map[string]string{
		"names":                names.String(),
		"nested":               full("<div>"),
		"nested and closed":    strings.Repeat("<div>", 100_000) + strings.Repeat("</div>", 100_000),
		"nested, others close": strings.Repeat("<div>", 100_000) + full("</b>"),
		"nested, links":        strings.Repeat("<div>", 100_000) + full("<a href=x>"),
		"one attribute":        `<img src="` + strings.Repeat("a", large) + `">`,
		"one srcset":           `<img srcset="` + full("a, ") + `">`,
		"handlers":             full(`<a onclick="x()">`),
		"styles":               full(`<a style="b:url(c)">`),
		"scripts":              full("<script>x</script>"),
		"many attributes":      "<img " + full("a=b ") + ">",
		"different attributes": "<img " + full("onx=y ") + ">",
		"images":               strings.Repeat("<img src=a>", large/11),
		"labels":               full("<label for=a><input>"),
		"tables":               full("<table><tr><td>"),
		"videos":               full("<video src=a>"),
		"headings":             full("<h1><h6>"),
		"ids":                  full("<a id=a aria-labelledby=a>"),
		"templates":            full("<script type=text/template><"),
		"closed templates":     full("<script type=text/template><a></script>"),
		"tags":                 full("<"),
		"comments":             full("<!--"),
		"cdata":                "<svg>" + full("<![CDATA["),
		"drawings":             full("<svg><title>"),
		"breaks":               full("<svg><p>"),
		"lines":                full("\n"),
		"words":                full("word. "),
		"short lines":          full("a\n"),
		"one word":             full("a"),
		"entities":             full("&amp"),
		"base":                 "<base href='" + full("a") + "'>" + strings.Repeat("<img src=a>", 100_000),
		"one tag":              "<" + full("a") + ">",
		"bytes":                full("\xff"),
		"marked bytes":         "\xff\xfe" + full("\xd8"),
	} {
		begun := time.Now()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		got := Scan(HTML, []byte(head+text))
		took := time.Since(begun)
		runtime.GC()
		runtime.ReadMemStats(&after)
		if took > 20*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 32<<20 {
			t.Errorf("%s keeps %d MB", name, kept>>20)
		}
		counts := map[string]int{}
		for _, i := range got.Issues {
			counts[i.Code]++
		}
		for code, n := range counts {
			if n > MaxIssues {
				t.Errorf("%s lists %d of %s", name, n, code)
			}
		}
		if len(got.Refs) > maxOwnRefs {
			t.Errorf("%s lists %d references", name, len(got.Refs))
		}
		t.Logf("%-22s %v, %d MB", name, took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20)
		runtime.KeepAlive(got)
	}
	many := Scan(HTML, []byte(head+strings.Repeat("<img src=a>", 1_000_000)))
	if n := many.Unlisted[ImageAlt]; n != 1_000_000-MaxIssues {
		t.Errorf("%d images are unlisted", n)
	}
}

func FuzzScanHTML(f *testing.F) {
	for _, seed := range []string{
		"", "<", "<html lang=en><title>x</title>", `<a href="x"><button><a></button>`, "<svg><script><![CDATA[x]]></script><p>",
		"<table><tr><td><table><td></table><video><source src=a><track>", "<label for=a><input id=a><select><option>x",
		"<script type=text/template><img src=a></script>", "<?xml version='1.0'?><script/><title/>", "<base href=//a/b><img srcset='a 1x,b'>",
		"\xff\xfe<\x00a\x00>\x00", "<meta http-equiv=refresh content='5;url=\"a'>", "<h1><h6 role=heading aria-level=9>", "<plaintext><p>", "\r\n<p>\r<p>\n",
		"<meta charset=iso-2022-jp>\x1b$B", "<template><template></template><noscript><p></noscript>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		data = data[:min(len(data), 64<<10)]
		lines := 1 + bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r"))
		for _, kind := range []Kind{HTML, SVG} {
			got := Scan(kind, data)
			if again := Scan(kind, data); fmt.Sprint(got) != fmt.Sprint(again) {
				t.Fatalf("the same bytes give\n%v and\n%v", got, again)
			}
			last := Pos{}
			for _, i := range got.Issues {
				if i.Pos.Line < 1 || i.Pos.Column < 1 || i.Pos.Line > lines || i.Pos.Line < last.Line {
					t.Fatalf("%s stands at %v of %d lines, after %v", i.Code, i.Pos, lines, last)
				}
				last = i.Pos
			}
			for _, s := range got.Words.Spans {
				if s.Text == "" || s.Pos.Line < 1 || s.Pos.Column < 1 {
					t.Fatalf("the words %q stand at %v", s.Text, s.Pos)
				}
			}
		}
	})
}
