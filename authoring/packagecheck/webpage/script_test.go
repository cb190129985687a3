package webpage

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func scan(code string) *Text { return Scan(Script, []byte(code)) }

func TestScriptTalk(t *testing.T) {
	for _, c := range []struct {
		name, code string
		want       Talk
	}{
		{"a call", `API.LMSInitialize("")`, Talk{SCORM12: true}},
		{"calls without a beginning", `API.LMSSetValue("cmi.core.score.raw","1");API.LMSCommit("")`, Talk{Values: true, Score: true}},
		{"a property in brackets", `a["LMSInitialize"]("")`, Talk{SCORM12: true}},
		{"put together", `a["LMS"+"Initialize"]("")`, Talk{SCORM12: true}},
		{"a line comment", "// LMSInitialize\nx()", Talk{}},
		{"a block comment", "/* API_1484_11 LMSInitialize */", Talk{}},
		{"a quote in a regular expression", `x=/["']/;y="API_1484_11"`, Talk{SCORM2004: true}},
		{"a slash in a class", `x=a.match(/[/"]/);/*API_1484_11*/`, Talk{}},
		{"a division", `x=a/b;c="LMSInitialize"/2`, Talk{SCORM12: true}},
		{"an address is no comment", `x="http://a.b/";y.LMSInitialize()`, Talk{SCORM12: true}},
		{"inside of a template", "x=`a${`b${API.LMSInitialize('')}`}c`", Talk{SCORM12: true}},
		{"after a template", "x=`a${ {b:1} }c`;API_1484_11", Talk{SCORM2004: true}},
		{"letters as numbers", `w["\x41\x50\x49"]["\x4c\x4D\x53Initialize"]("")`, Talk{SCORM12: true}},
		{"letters as longer numbers", "w[`\\u0041PI_1484_11`]", Talk{SCORM2004: true}},
		{"a number that is cut off", `w["LMSInitialize\x4"]`, Talk{SCORM12: true}},
		{"code in base 64", `eval(atob("YS5MTVNJbml0aWFsaXplKCIiKQ=="))`, Talk{SCORM12: true}},
		{"base 64 that is cut off", `eval(window.atob("TE1TSW5pdGlhbGl6ZSAgICAgIC*"))`, Talk{SCORM12: true}},
		{"code in a string", `eval("a.LMSInitialize('')")`, Talk{SCORM12: true}},
		{"code that begins a line of a string", `eval("\npipwerks.SCORM.init()")`, Talk{SCORM12: true, SCORM2004: true}},
		{"letters by their numbers", `a["\x4c\u004d\u{53}Initialize"]("cmi.core.\x6cesson_status")`, Talk{SCORM12: true, Completion: true}},
		{"numbers that are none", `"\xLMSInitialize\u{zz}\u12";"\`, Talk{SCORM12: true}},
		{"2004 without its name", `i.Initialize("");i.SetValue("cmi.score.raw",1);i.Terminate("")`, Talk{SCORM2004: true, Score: true}},
		{"Initialize of something else", `map.Initialize(); x.GetParam("a")`, Talk{}},
		{"TinCan", `var t = new TinCan({})`, Talk{XAPI: true}},
		{"the header", `x.setRequestHeader("X-Experience-API-Version","1.0.3")`, Talk{XAPI: true}},
		{"verbs", `v="http://adlnet.gov/expapi/verbs/completed";w="http://adlnet.gov/expapi/verbs/passed"`, Talk{XAPI: true, Completion: true, Success: true}},
		{"verbs by parts", `v="http://adlnet.gov/expapi/verbs/";s(v+"completed");s(v+"failed")`, Talk{XAPI: true, Completion: true, Success: true}},
		{"words without a host", `s("completed");s("passed")`, Talk{}},
		{"cmi5", `new Cmi5(location.href)`, Talk{CMI5: true}},
		{"cmi5 launch", `p.get("fetch");p.get("endpoint");p.get("registration");p.get("activityId")`, Talk{CMI5: true}},
		{"HACP", `q["AICC_SID"];d="Score="+s`, Talk{AICC: true, Score: true}},
		{"status and success", `s("cmi.core.lesson_status","passed");s("cmi.core.score.raw",1);s("cmi.core.session_time",t)`,
			Talk{Completion: true, Success: true, Score: true, Time: true}},
		{"status by parts", `s("cmi.core."+"lesson_status","completed")`, Talk{Completion: true}},
		{"2004 results", `s("cmi.completion_status");s("cmi.success_status");s("cmi.score.scaled")`, Talk{Completion: true, Success: true, Score: true}},
	} {
		if got := scan(c.code).Talk; got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestScriptReaches(t *testing.T) {
	for code, want := range map[string]int{
		`parent.document.getElementById("x")`:                   1,
		`var b = window.parent.document.body`:                   1,
		`top.document.querySelector(".x")`:                      1,
		`window?.top?.document?.body`:                           1,
		`parent.frames["nav"].document.forms`:                   1,
		`$("#x", parent.document)`:                              1,
		`while(win.API==null&&win.parent!=win){win=win.parent}`: 0,
		`window.opener.API`:                                     0,
		`$(window.parent.document).find("#x").hide()`:           1,
		`jQuery(top.document)`:                                  1,
		`var d = window.parent.document;`:                       1,
		`a.d = parent.document, 1`:                              1,
		`if (x == parent.document) y()`:                         0,
		`if (parent.document) y()`:                              0,
		`find(parent.document)`:                                 0,
		`typeof(parent.document)`:                               0,
		`this.parent.document.body`:                             0,
		`el.parentNode.ownerDocument.body`:                      0,
		`// parent.document.body`:                               0,
		`"parent.document.body"`:                                0,
		`document.body`:                                         0,
	} {
		if got := len(scan(code).Reaches); got != want {
			t.Errorf("%s: reaches %d times, want %d", code, got, want)
		}
	}
}

func TestFrames(t *testing.T) {
	for code, want := range map[string]bool{
		`document.createElement("iframe")`:            true,
		"x.innerHTML = `<p><iframe src=\"${a}\">`":    true,
		`d.write('<div><iframe src="a.html"></div>')`: true,
		`// "iframe"`:          false,
		`iframe = 1`:           false,
		`"an iframe is shown"`: false,
	} {
		if got := scan(code).Frames; got != want {
			t.Errorf("%s: frames %t, want %t", code, got, want)
		}
	}
	for page, want := range map[string]bool{
		`<iframe src="https://video.example/1"></iframe>`:       false,
		`<iframe id=f></iframe>`:                                true,
		`<frameset><frame src=a.html></frameset>`:               true,
		`<p onclick="f('<iframe src=a.html>')">`:                true,
		`<meta http-equiv=refresh content="0;url=a.html">`:      false,
		`<a href=a.html>iframe</a><script>x = "frame"</script>`: false,
	} {
		if got := Scan(HTML, []byte(page)).Frames; got != want {
			t.Errorf("%s: frames %t, want %t", page, got, want)
		}
	}
}

func refs(t *Text) string {
	var b strings.Builder
	for _, r := range t.Refs {
		fmt.Fprintf(&b, "%s %s %d:%d\n", r.How, r.URL, r.Pos.Line, r.Pos.Column)
	}
	return strings.TrimSpace(b.String())
}

func TestScriptRefs(t *testing.T) {
	for code, want := range map[string]string{
		`import a from "./a"`:                    "script ./a 1:16",
		`import{a as b}from"./p-ce.js";`:         "script ./p-ce.js 1:20",
		`import("./b.js")`:                       "script ./b.js 1:9",
		`import"/b.js";import("../c.js")`:        "script /b.js 1:8\nscript ../c.js 1:23",
		`import a from "https://a.example/b.js"`: "script https://a.example/b.js 1:16",
		`import "app/b.js";import("c.js")`:       "literal app/b.js 1:9\nliteral c.js 1:27",
		`importScripts('w.js')`:                  "script w.js 1:16",
		`x.open("GET","data.json",true)`:         "request data.json 1:15",
		`window.open("x","a.html")`:              "literal a.html 1:18",
		`fetch("https://a.example/b")`:           "request https://a.example/b 1:8",
		"\nö = 'p/a.html?x=1'":                   "literal p/a.html?x=1 2:6",
		`a="x.js";b="x.js"`:                      "literal x.js 1:4",
		`d.write('<script src="lib/s.js"></sc')`: "literal lib/s.js 1:10",
		`"http:\/\/a.example\/b"`:                "literal http://a.example/b 1:2",
		`// fetch("a.js")`:                       "",
		`"not a file.html"`:                      "",
		`"e.g." + ".js" + "1.5" + "a.b"`:         "",
	} {
		if got := refs(scan(code)); got != want {
			t.Errorf("%s: got %q, want %q", code, got, want)
		}
	}
}

func TestStyleRefs(t *testing.T) {
	for code, want := range map[string]string{
		`a{background:url(a.png)}`:                    "image a.png 1:18",
		`a{background:URL( "a b.png" )}`:              "image a b.png 1:20",
		`@import "b.css";`:                            "style b.css 1:10",
		"\n@import url(b.css) screen;":                "style b.css 2:13",
		`/* url(a.png) */ a{b:url(data:image/png,x)}`: "",
		`a{content:"url(a.png)"} b{fill:url(#c)}`:     "",
		`a{x:my-url(b.png)}`:                          "",
	} {
		if got := refs(Scan(Style, []byte(code))); got != want {
			t.Errorf("%s: got %q, want %q", code, got, want)
		}
	}
}

// Hostile texts of 8 MB: ten times as long as the slowest took when this was
// written is far below what a quadratic reader would take.
func TestHostileTextsAreLinear(t *testing.T) {
	const size = 8 << 20
	for name, part := range map[string]string{
		"templates in templates":   "`${",
		"regular expressions":      "=/[a",
		"quotes":                   `'"`,
		"comments":                 "/*/",
		"addresses, reaching back": `"src=a.js";import"./a";parent.document.body;`,
		"markup":                   `x="src='a.js src='a.js";`,
		"names":                    "cmi.core.score.raw;",
		"braces":                   "{`${{",
		"urls":                     "url(",
		"imports":                  "@import '",
		"backslashes":              `"\`,
	} {
		data := []byte(strings.Repeat(part, size/len(part)))
		for _, kind := range []Kind{Script, Style} {
			began := time.Now()
			Scan(kind, data)
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("%s as %s took %v", name, kind, took)
			} else {
				t.Logf("%s as %s: %v", name, kind, took)
			}
		}
	}
}

var seeds = []string{
	"x=`a${`b${1}`}`", `a/b/c; /[/]/.test("'")`, `import a from "./a.js"`, "'\\", "`${", "/*", "//", "<!--", "parent.document.body",
	`parent.frames["a"].document.body`, `"cmi.core.score.raw"`, `x.open("GET",'a')`, "\x00\xff", "url(", "@import url('", `a{b:url( "c" )}`,
}

func fuzz(f *testing.F, kind Kind) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := Scan(kind, data)
		for _, r := range text.Refs {
			if r.Pos.Line < 1 || r.Pos.Column < 1 || r.Pos.Line > len(data)+1 || len(r.URL) > 2000 {
				t.Errorf("an odd reference: %+v", r)
			}
		}
	})
}

func FuzzScanScript(f *testing.F) { fuzz(f, Script) }
func FuzzScanStyle(f *testing.F)  { fuzz(f, Style) }
