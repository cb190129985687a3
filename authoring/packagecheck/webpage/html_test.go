package webpage

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// page makes one that has nothing wrong around a body.
func pageOf(body string) string {
	return `<!DOCTYPE html><html lang="en"><head><title>T</title></head><body>` + "\n" + body + "\n</body></html>"
}

func issuesOf(text string) []string {
	var list []string
	for _, i := range Scan(HTML, []byte(text)).Issues {
		list = append(list, fmt.Sprintf("%d:%d %s", i.Pos.Line, i.Pos.Column, i.Code))
	}
	return list
}

// The bodies begin on line 2.
func TestWhatIsWrongOnAPage(t *testing.T) {
	for body, expected := range map[string]string{
		`é <img src="a.png">`:                                          "2:3 image-alt",
		"<p>\r\n\r\n <img\nsrc=a.png>":                                 "4:2 image-alt",
		`<input type="image" src="a.png" alt="">`:                      "2:1 input-image-alt",
		`<map><area href="a.html"></map>`:                              "2:6 area-alt",
		`<svg role="img"><path d=""/></svg>`:                           "2:1 svg-name",
		`<object data="a.pdf"></object>`:                               "2:1 object-name",
		`<iframe src="a.html"></iframe>`:                               "2:1 frame-title",
		`<video src="a.mp4" controls></video>`:                         "2:1 video-captions",
		`<video controls><source src="a.mp4"></video>`:                 "2:1 video-captions",
		`<video src=a.mp4><track kind="chapters" src="a.vtt"></video>`: "2:1 video-captions",
		`<audio src="a.mp3" autoplay></audio>`:                         "2:1 autoplay",
		`<audio src="a.mp3" autoplay controls></audio>`:                "2:1 autoplay-controls",
		`<input>`:                             "2:1 label",
		`<input type="text" placeholder="x">`: "2:1 label",
		`<label></label><select><option>A</option></select>`:                                       "2:16 label",
		`<label><select><option>A</option></select></label>`:                                       "2:8 label",
		`<label for="b">A</label><textarea id="a"></textarea>`:                                     "2:25 label",
		`<a href="x.html"></a>`:                                                                    "2:1 link-empty",
		`<a href="x.html"><img src="a.png" alt=""></a>`:                                            "2:1 link-empty",
		`<a href="x.html"><i class="icon" aria-hidden="true">x</i></a>`:                            "2:1 link-empty",
		`<a href="x.html"> <a href="y.html">y</a>`:                                                 "2:1 link-empty",
		`<a href="x.html"><img src="a.png"></a>`:                                                   "2:18 image-alt",
		`<button><svg><path/></svg></button>`:                                                      "2:1 button-empty",
		`<input type="button">`:                                                                    "2:1 button-empty",
		`<h1>A</h1><h3>B</h3>`:                                                                     "2:11 heading-skip",
		`<h1></h1>`:                                                                                "2:1 heading-empty",
		`<h2 id="a"> <br> </h2>`:                                                                   "2:1 heading-empty",
		`<div role="heading" aria-level="1"></div>`:                                                "2:1 heading-empty",
		`<div tabindex="3">x</div>`:                                                                "2:1 tabindex",
		`<meta http-equiv="refresh" content="30; url=next.html">`:                                  "2:1 refresh",
		`<meta name="viewport" content="width=device-width, user-scalable=no">`:                    "2:1 zoom",
		`<meta name="viewport" content="initial-scale = 1, maximum-scale = 1.0">`:                  "2:1 zoom",
		`<label for="a">A</label><input id="a"><b id="a"></b>`:                                     "2:39 duplicate-id",
		`<p id="d">A</p><p id="d">B</p><i aria-describedby="d"></i>`:                               "2:16 duplicate-id",
		`<table><tr><td>Alex<td>14<tr><td>Bob<td>9</table>`:                                        "2:1 table-headers",
		`<table width="9"><caption>C</caption><tr><td>a<td>b<tr><td>c<td>d</table>`:                "2:1 table-headers",
		`<p>` + strings.Repeat("word ", longRead) + `</p>`:                                         "1:16 heading-none",
		`<script type="text/template"><p>` + "\n" + `<video><source src="a.mp4"></video></script>`: "3:1 video-captions",
		`<template><img src="a.png"></template>`:                                                   "2:11 image-alt",
		`<div style="display:none"><p></div><img src="a.png">`:                                     "2:36 image-alt",
		`<svg><title>x</title><div><img src="a.png"></div>`:                                        "2:27 image-alt",
	} {
		if got := strings.Join(issuesOf(pageOf(body)), ", "); got != expected {
			t.Errorf("%s\n has %q, expected %q", body, got, expected)
		}
	}
}

func TestWhatIsNotWrong(t *testing.T) {
	for _, body := range []string{
		`<img src="a.png" alt="">`, `<img src="a.png" alt>`, `<img src="a.png" role="presentation">`,
		`<img src="a.png" aria-label="A">`, `<img id="slide">`, `<img src="a.png" :alt="words">`,
		`<img src="a.png" alt="{{alt}}">`, `<div hidden><img src="a.png"></div>`,
		`<div aria-hidden="true"><a href="x"></a><input></div>`, `<p style="display : none"><button></button></p>`,
		`<noscript><img src="pixel.gif"><h4></h4></noscript>`, `<template><a href="{{x}}"></a><h1></h1><input></template>`,
		`<!-- <img src="a.png"> -->`, `<script>document.write('<img src="a.png">')</script>`,
		`<script type="text/x-handlebars-template"><input id="{{id}}"><a href="#"></a><h3></h3></script>`,
		`<svg><path/></svg>`, `<svg role="img"><title>A <b>b</b></title></svg>`, `<svg role="img" aria-labelledby="t"></svg>`,
		`<object data="a.svg"><img src="a.png" alt="A"></object>`, `<object data="a.swf">Text</object>`,
		`<iframe src="a.html" title="A"></iframe>`, `<iframe src="lms.html" style="display:none"></iframe>`,
		`<iframe src="lms.html" width="0" height="0"></iframe>`,
		`<video src="a.mp4"><track src="a.vtt"></video>`, `<video src="a.mp4"><source src="b.webm"><track kind="Captions" src="a.vtt"></video>`,
		`<video src="a.mp4" autoplay loop muted playsinline></video>`, `<video id="player"></video>`, `<audio src="a.mp3" controls></audio>`,
		`<input type="hidden"><input type="submit"><input type="reset"><input type="button" value="Go">`,
		`<label>A <input></label>`, `<input id="a"><label for="a">A</label>`, `<input aria-label="A">`, `<input title="A">`,
		`<label for="a">A</label><select id="a"><option>1</option></select>`, `<label>A<table><tr><td><input></table></label>`,
		`<a name="top"></a>`, `<a href="x"><img src="a.png" alt="A"></a>`, `<a href="x" title="A"></a>`, `<a href="x"><svg><title>A</title></svg></a>`,
		`<a href="x"><my-icon></my-icon></a>`, `<a href="x"><span data-i18n="next"></span></a>`, `<a href="x">{{text}}</a>`,
		`<button aria-label="A"></button>`, `<button><span title="A"></span></button>`,
		`<h2>A</h2><h3>B</h3><h2>C</h2><h1>D</h1><h2>E</h2>`, `<h1 id="title"></h1><script>fill()</script>`, `<h1><img src="a.png" alt="A"></h1>`,
		`<div tabindex="0">a</div><div tabindex="-1">b</div>`,
		`<meta http-equiv="refresh" content="0;url=a.html">`, `<meta http-equiv="refresh" content="72000">`,
		`<meta name="viewport" content="width=device-width, initial-scale=1, maximum-scale=5, user-scalable=yes">`,
		`<b id="a"></b><b id="a"></b>`,
		`<table role="presentation"><tr><td>a<td>b<tr><td>c<td>d</table>`, `<table width="100%"><tr><td>a<td>b<tr><td>c<td>d</table>`,
		`<table><tr><th>a<th>b<tr><td>c<td>d</table>`, `<table><tr><td><table><tr><td>a</table><td>b<tr><td>c<td>d</table>`,
		`<table><tr><td><img src="a" alt=""><td>b<tr><td>c<td>d</table>`, `<table><tr><td>one<td>row</table>`,
		`<a name="top"><table><tr><th>a<th>b<tr><td><a href="x">x</a><td>d</table>`,
	} {
		if got := issuesOf(pageOf(body)); len(got) > 0 {
			t.Errorf("%s\n has %q, expected nothing", body, got)
		}
	}
}

func TestWholePages(t *testing.T) {
	for text, expected := range map[string]string{
		`<html><head></head><body><p>Hi</p></body></html>`:                                                                    "1:1 lang-missing, 1:1 title-missing",
		"<!doctype html>\n<html lang='english'><title> </title><p>x":                                                          "2:1 lang-invalid, 2:1 title-missing",
		`<html lang="en_GB"><title>T</title>x`:                                                                                "1:1 lang-invalid",
		`<html lang="xx"><title>T</title>x`:                                                                                   "1:1 lang-invalid",
		`<html lang="en-GB-x-nhs"><title>T</title>x`:                                                                          "",
		`<html lang="{{lang}}"><title>{{title}}</title>x`:                                                                     "",
		`<html xml:lang="en"><title>T</title>x`:                                                                               "1:1 lang-missing",
		`<?xml version="1.0"?><html xml:lang="en"><title>T</title>x</html>`:                                                   "",
		`<html><head><title>Frames</title></head><frameset><frame src="a.html"></frameset></html>`:                            "1:1 lang-missing",
		`<html lang="en"><svg><title>not the page's</title></svg>x`:                                                           "1:1 title-missing",
		`<html><body></body></html>`:                                                                                          "", // a blank one, for a frame
		`<div><p>A fragment</p><h4></h4><a href="#"></a></div>`:                                                               "",
		`<div><img src="a.png"></div>`:                                                                                        "1:6 image-alt",
		`<html><head><script>document.title = x; document.documentElement.lang = y</script></head><body><div id="app"></div>`: "",
		"": "",
		// What authoring tools make.
		`<!doctype html><html lang="en-US"><head><meta charset="utf-8"><title>S</title><style>#preso{}</style></head>` +
			`<body style="background: #FFF" class="cs-HTML theme-unified"><script>!function(){}</script><div id="focus-sink" tabindex="-1"></div>` +
			`<div id="preso"></div><div class="mobile-load-title-overlay" style="display: none"><div></div></div><div class="warn"><svg><path d=""/></svg><p>You are offline.</p></div>` +
			`<script src="html5/lib/scripts/app.min.js"></script></body></html>`: "",
		`<!DOCTYPE html><html lang="en"><head><title>Rise</title></head><body><div id="app"></div>` +
			`<noscript>You need to enable JavaScript</noscript><script src="lib/main.bundle.js"></script></body></html>`: "",
		`<html lang="en"><head><title>L</title></head><body><table width="100%" height="100%" border="0"><tr><td><center><h1 tabIndex="-1">A</h1>` +
			`<button onclick="go()" aria-label="Launch">Launch <img src="a.png" aria-hidden="true"/></button></center></table></body></html>`: "",
		`<html xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en"><head><title>eXe</title></head><body class="exe-scorm"><div id="main">` +
			`<div id="nodeDecoration"><h1 id="nodeTitle">Home</h1></div><div class="iDevice"><h2 class="iDeviceTitle">Text</h2><p>x</p></div></div></body></html>`: "",
	} {
		if got := strings.Join(issuesOf(text), ", "); got != expected {
			t.Errorf("%s\n has %q, expected %q", text, got, expected)
		}
	}
}

func TestReferences(t *testing.T) {
	for text, expected := range map[string]string{
		`<script src="a.js"></script><link rel="Stylesheet" href="a.css"><link rel="shortcut icon" href="i.ico"><link rel=canonical href=c>`:    "script a.js, style a.css, image i.ico, link c",
		`<img src=" a&amp;b.png " srcset="c.png 1x, d.png 2x,e.png"><video poster=p.jpg src=v.mp4><source src=w.mp4><track src=t.vtt></video>`:  "image a&b.png, image c.png, image d.png, image e.png, media v.mp4, image p.jpg, media w.mp4, track t.vtt",
		`<iframe src=f.html></iframe><frame src=g.html><a href="h.html#x">h</a><a href="#x">x</a><form action="s.php"></form>`:                  "frame f.html, frame g.html, link h.html#x, link s.php",
		`<object data="m.swf"><param name=movie value="n.swf"><embed src="o.html"></object>`:                                                    "plugin m.swf, plugin n.swf, frame o.html",
		`<meta http-equiv=Refresh content="0; URL='next.html'"><base href="sub/x.html"><img src=a.png><img src="/b.png"><img src="http://h/c">`: "frame next.html, image sub/a.png, image /b.png, image http://h/c",
		`<base href="https://h.org/d/e"><img src=a.png><img src=/b.png><img src=//i/c><a href="?q">x</a>`:                                       "image https://h.org/d/a.png, image https://h.org/b.png, image //i/c, link https://h.org/d/e?q",
		`<base href="https://h.org"><img src=a.png>`: "image https://h.org/a.png",
		`<img src="data:image/png;base64,AAAA"><a href="javascript:x()">x</a><img src="{{u}}"><iframe src="about:blank">`: "",
		`<svg><image xlink:href="a.png"/><use href="b.svg#c"/><use href="#d"/><a href="e.html"/></svg>`:                   "image a.png, image b.svg#c, link e.html",
		`<script type="text/template"><img src="a.png"><img src="{{b}}"></script><template><img src="c.png"></template>`:  "image a.png, image c.png",
		`<script type="text/javascript" src="a.js"/><img src="b.png">`:                                                    "script a.js",
	} {
		var got []string
		for _, r := range Scan(HTML, []byte(text)).Refs {
			got = append(got, string(r.How)+" "+r.URL)
		}
		if s := strings.Join(got, ", "); s != expected {
			t.Errorf("%s\n refers to %q,\n expected    %q", text, s, expected)
		}
	}
	svg := Scan(SVG, []byte(`<?xml version="1.0"?><svg xml:lang="en"><script href="a.js"/><style/><image href="b.png"/></svg>`))
	if len(svg.Refs) != 2 || svg.Issues != nil {
		t.Errorf("the drawing has %v and %v", svg.Refs, svg.Issues)
	}
}

func TestWordsAndEncodings(t *testing.T) {
	for name, data := range map[string]string{
		"utf-8":            "<html lang=cy><title>Caf\u00e9</title><p>Caf\u00e9",
		"with a mark":      "\xef\xbb\xbf<html lang=cy><title>Caf\u00e9</title><p>Caf\u00e9",
		"declared latin":   "<html lang=cy><meta charset=iso-8859-1><title>Caf\xe9</title><p>Caf\xe9",
		"undeclared latin": "<html lang=cy><title>Caf\xe9</title><p>Caf\xe9",
		"entities":         "<html lang=cy><title>Caf&eacute;</title><p>Caf&#233;",
		"utf-16":           "",
	} {
		if name == "utf-16" {
			var b strings.Builder
			b.WriteString("\xff\xfe")
			for _, r := range "<html lang=cy><title>Café</title><p>Café" {
				b.WriteByte(byte(r))
				b.WriteByte(0)
			}
			data = b.String()
		}
		got := Scan(HTML, []byte(data))
		if got.Title != "Café" || got.Language != "cy" || len(got.Words.Spans) != 1 || got.Words.Spans[0].Text != "Café" {
			t.Errorf("%s: title %q, language %q, words %v", name, got.Title, got.Language, got.Words.Spans)
		}
	}
	got := Scan(HTML, []byte("<html><head><style>no</style></head><body><p>The <b>big</b> dog\n  ran home today. It was late</p><li>Menu</li><script>no</script>")).Words
	var spans []string
	for _, s := range got.Spans {
		spans = append(spans, fmt.Sprintf("%d:%d %s", s.Pos.Line, s.Pos.Column, s.Text))
	}
	if expected := []string{"1:46 The", "1:53 big", "1:61 dog", "2:3 ran home today. It was late", "2:38 Menu"}; !slices.Equal(spans, expected) {
		t.Errorf("spans %q", spans)
	}
	if got.Sentences != 2 || got.Words != 9 {
		t.Errorf("%d sentences of %d words, expected 2 of 9: a menu is no prose", got.Sentences, got.Words)
	}
	for word, n := range map[string]int{"the": 1, "table": 2, "leadership": 3, "make": 1, "education": 4, "42": 0, "(see)": 1} {
		if Syllables(word) != n {
			t.Errorf("%s has %d syllables, expected %d", word, Syllables(word), n)
		}
	}
}
