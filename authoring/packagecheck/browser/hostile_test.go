package browser

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
)

// listener counts who reaches it, over TCP and UDP, on one port.
func listener(t *testing.T) (port int, reached *atomic.Int32) {
	t.Helper()
	reached = new(atomic.Int32)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port = tcp.Addr().(*net.TCPAddr).Port
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tcp.Close(); udp.Close() })
	go func() {
		for {
			c, err := tcp.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			b := make([]byte, 300)
			n, _ := c.Read(b)
			t.Logf("a connection that says %q", b[:n])
			c.Close()
		}
	}()
	go func() {
		b := make([]byte, 2048)
		for {
			n, _, err := udp.ReadFromUDP(b)
			if err != nil {
				return
			}
			t.Logf("a packet that says %q", b[:min(n, 200)])
			reached.Add(1)
		}
	}()
	return port, reached
}

// TestReachesNothing opens a unit that tries every way out that a page has.
func TestReachesNothing(t *testing.T) {
	t.Parallel()
	port, reached := listener(t)
	at := fmt.Sprintf("127.0.0.1:%d", port)
	tries := `
		const at = "` + at + `"
		const quiet = f => { try { const p = f(); if (p && p.catch) p.catch(() => {}) } catch (e) {} }
		quiet(() => fetch("http://" + at + "/fetch"))
		quiet(() => fetch("http://localhost:` + fmt.Sprint(port) + `/localhost"))
		quiet(() => fetch("http://[::ffff:127.0.0.1]:` + fmt.Sprint(port) + `/six"))
		quiet(() => { const x = new XMLHttpRequest(); x.open("GET", "http://" + at + "/xhr"); x.send() })
		quiet(() => new WebSocket("ws://" + at + "/socket"))
		quiet(() => new WebTransport("https://" + at + "/transport"))
		quiet(() => new EventSource("http://" + at + "/events"))
		quiet(() => navigator.sendBeacon("http://" + at + "/beacon", "x"))
		quiet(() => navigator.serviceWorker.register("worker.js"))
		quiet(() => new Worker("worker.js"))
		quiet(() => new Worker(URL.createObjectURL(new Blob(["fetch('http://` + at + `/blob')"]))))
		quiet(() => new SharedWorker("worker.js"))
		quiet(() => import("http://" + at + "/module.js"))
		quiet(() => fetch("file:///etc/passwd"))
		quiet(() => { const p = new RTCPeerConnection({iceServers: [{urls: "stun:" + at}, {urls: "turn:" + at + "?transport=tcp", username: "a", credential: "b"}]})
			p.createDataChannel("x"); return p.createOffer().then(o => p.setLocalDescription(o)) })`
	f := files{
		"a.html": markup(`
			<link rel="preconnect" href="http://` + at + `"><link rel="dns-prefetch" href="http://` + at + `">
			<link rel="prefetch" href="http://` + at + `/prefetch"><link rel="prerender" href="http://` + at + `/prerender">
			<script type="speculationrules">{"prerender":[{"urls":["http://` + at + `/rules"]}],"prefetch":[{"urls":["http://` + at + `/rules2"]}]}</script>
			<style>@import "http://` + at + `/import.css"; body { background: url(http://` + at + `/background) }</style>
			<img src="http://` + at + `/img" alt="x"><iframe title="x" src="http://` + at + `/iframe"></iframe>
			<iframe title="y" src="file:///etc/passwd"></iframe><iframe title="z" sandbox="allow-scripts" srcdoc="<script>fetch('http://` + at + `/srcdoc')</script>"></iframe>
			<iframe title="d" src="data:text/html,<img src=http://` + at + `/data>"></iframe>
			<video src="http://` + at + `/video"></video><object data="http://` + at + `/object"></object><embed src="http://` + at + `/embed">
			<a id="ping" href="#" ping="http://` + at + `/ping">ping</a><a id="dl" download href="http://` + at + `/download">load</a>
			<form id="f" action="http://` + at + `/form" target="_blank" method="post"></form>
			<script src="http://` + at + `/script.js"></script>
			<script>` + tries + `
			document.getElementById("ping").click(); document.getElementById("dl").click()
			window.open("http://` + at + `/window"); window.open("popup.html", "", "noopener"); document.getElementById("f").submit()
			</script>`),
		"popup.html": markup(`<script>` + tries + `; location = "http://` + at + `/popup"</script>`),
		"worker.js": `self.addEventListener && self.addEventListener("install", () => fetch("http://` + at + `/install"))
			fetch("http://` + at + `/worker").catch(() => {}); try { new WebSocket("ws://` + at + `/workersocket") } catch (e) {}`,
	}
	got := look(t, Options{}, packagecheck.Site, f, packagecheck.Unit{Launch: "a.html", Type: "page"})
	if n := reached.Load(); n != 0 {
		t.Errorf("the page reached the network %d times", n)
	}
	var all []string
	for _, o := range got.Seen[0].Outside {
		all = append(all, o.Text)
	}
	told := strings.Join(all, "\n")
	for _, want := range []string{"fetch", "xhr", "img", "iframe", "socket", "window", "form", "popup", "script.js", "worker", "import.css"} {
		if !strings.Contains(told, "://"+at+"/"+want) {
			t.Errorf("the try of %s was not told:\n%s", want, told)
		}
	}
}
