package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
)

// nowhere is a proxy that can't be found, whatever the name server says: the
// second lock behind the one that answers every request itself.
const nowhere = "socks5://nowhere.invalid:9"

// longestTemp is how long the path of a folder for temporary files may be:
// Chromium makes a socket some folders below, whose path has room for 108 bytes,
// and dies where it doesn't fit.
const longestTemp = 24

// flags are those of every browser. No request leaves it: names are not looked
// up, addresses of numbers included, what would go out goes to a proxy that
// isn't there, the machine itself included, and nothing speaks over UDP.
var flags = []string{
	"--headless=new", "--remote-debugging-pipe", "--enable-automation",
	"--host-resolver-rules=MAP * ~NOTFOUND",
	"--proxy-server=" + nowhere, "--proxy-bypass-list=<-loopback>",
	"--disable-quic", "--webrtc-ip-handling-policy=disable_non_proxied_udp", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
	"--dns-prefetch-disable", "--no-pings", "--disable-background-networking",
	"--disable-component-update", "--disable-component-extensions-with-background-pages",
	"--disable-default-apps", "--disable-domain-reliability", "--disable-extensions",
	"--disable-client-side-phishing-detection", "--safebrowsing-disable-auto-update",
	"--disable-sync", "--metrics-recording-only", "--disable-breakpad", "--disable-crash-reporter",
	"--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,AutofillServerCommunication,DeprecateUnload,Prerender2,SpeculationRulesPrefetchFuture,AsyncDns",
	"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
	"--disable-renderer-backgrounding", "--disable-hang-monitor", "--disable-popup-blocking",
	"--disable-gpu", "--disable-dev-shm-usage", "--mute-audio",
	"--autoplay-policy=no-user-gesture-required", "--deny-permission-prompts", "--force-prefers-reduced-motion",
	"--no-first-run", "--no-default-browser-check", "--no-startup-window",
	"--password-store=basic", "--use-mock-keychain",
	"--force-color-profile=srgb", "--lang=en-GB", "--window-size=1280,900",
}

// process is a running Chromium with a profile of its own.
type process struct {
	*wire
	cmd     *exec.Cmd
	dir     string
	said    *head
	ended   chan struct{} // closed once it was waited for
	watcher *exec.Cmd
	life    io.Closer
	stopped sync.Once
}

// start runs Chromium, alone where that can be, and waits for its first answer.
// Its error is in words for people.
func start(ctx context.Context, path string, sandbox bool, event func(*cdproto.Message)) (*process, error) {
	p, err := startOnce(ctx, path, sandbox, true, event)
	if err != nil && ctx.Err() == nil {
		return startOnce(ctx, path, sandbox, false, event)
	}
	return p, err
}

func startOnce(ctx context.Context, path string, sandbox, isolated bool, event func(*cdproto.Message)) (*process, error) {
	base := os.TempDir()
	if len(base) > longestTemp {
		base = "/tmp"
	}
	dir, err := os.MkdirTemp(base, "rung-check-")
	if err != nil {
		return nil, errors.New("no folder could be made for the browser’s profile")
	}
	p := &process{dir: dir, said: &head{}, ended: make(chan struct{})}
	if err := p.run(path, sandbox, isolated, event); err != nil {
		os.RemoveAll(dir)
		return nil, errors.New("Chromium could not be started on this machine")
	}
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	line, err := call(limited, p.wire, "", browser.GetBrowserCommandLine, cdp.Empty{})
	switch {
	case ctx.Err() != nil:
		p.stop()
		return nil, ctx.Err()
	case err != nil:
		p.stop()
		return nil, p.why()
	case sandbox && slices.Contains(line.Arguments, "--no-sandbox"):
		p.stop() // a setting of the machine, in /etc/chromium.d for one
		return nil, errors.New("this machine starts Chromium without its sandbox, and nothing unknown is opened without")
	}
	return p, nil
}

func (p *process) run(path string, sandbox, isolated bool, event func(*cdproto.Message)) error {
	fromUs, toIt, err := os.Pipe()
	if err != nil {
		return err
	}
	defer fromUs.Close()
	fromIt, toUs, err := os.Pipe()
	if err != nil {
		toIt.Close()
		return err
	}
	defer toUs.Close()
	args := append(slices.Clone(flags), "--user-data-dir="+filepath.Join(p.dir, "profile"))
	if !sandbox {
		args = append(args, "--no-sandbox")
	}
	p.cmd = exec.Command(path, append(args, "about:blank")...)
	p.cmd.Dir = p.dir
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "TMPDIR=" + p.dir, "LANG=C.UTF-8"}
	p.cmd.ExtraFiles = []*os.File{fromUs, toUs} // 3 and 4, as the flag wants them
	p.cmd.Stderr = p.said
	p.cmd.WaitDelay = 2 * time.Second
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if isolated {
		alone(p.cmd.SysProcAttr)
	}
	if err := p.cmd.Start(); err != nil {
		toIt.Close()
		fromIt.Close()
		return err
	}
	if err := p.watch(); err != nil {
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		p.cmd.Wait()
		toIt.Close()
		fromIt.Close()
		return err
	}
	go func() {
		p.cmd.Wait()
		close(p.ended)
	}()
	p.wire = newWire(fromIt, toIt, event)
	return nil
}

// undertaker ends the browser and removes its profile when its standard input
// ends: that is when this process is gone without having done so itself.
const undertaker = `cat >/dev/null; for i in 1 2 3 4 5; do kill -9 "-$1"; rm -rf "$2"; sleep 1; test -e "$2" || exit; done`

func (p *process) watch() error {
	cmd := exec.Command("/bin/sh", "-c", undertaker, "sh", fmt.Sprint(p.cmd.Process.Pid), p.dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is not meant for it
	life, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	p.watcher, p.life = cmd, life
	return cmd.Start()
}

// stop kills the browser with all of its processes, and removes its profile.
func (p *process) stop() {
	p.stopped.Do(func() {
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.ended
		p.pipe.Close()
		// Its number may soon be another's: the watcher must not use it.
		syscall.Kill(-p.watcher.Process.Pid, syscall.SIGKILL)
		p.watcher.Wait()
		p.life.Close()
		for range 50 { // a child that is just dying may still write
			if os.RemoveAll(p.dir) == nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
}

// why tells in plain words why the browser didn't start; it must have ended.
func (p *process) why() error {
	said := p.said.String()
	switch {
	case strings.Contains(said, "as root without --no-sandbox"):
		return errRoot
	case strings.Contains(said, "No usable sandbox"), strings.Contains(said, "Failed to move to new namespace"),
		strings.Contains(said, "SUID sandbox"), strings.Contains(said, "Operation not permitted"):
		return errors.New("Chromium could not build its sandbox on this machine, because a container or a setting of the kernel forbids it user namespaces; nothing unknown is opened without")
	}
	return errors.New("Chromium did not start on this machine")
}

// head keeps the first of what a program says.
type head struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.b.Write(p[:min(len(p), max(0, 16<<10-h.b.Len()))])
	return len(p), nil
}

func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}
