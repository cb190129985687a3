package browser

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// caught keeps the first panic of the goroutines that work for a look. There
// nobody could catch it, and it would end the whole program: it is raised again
// where the look was asked for.
type caught struct {
	mu   sync.Mutex
	text string
}

// keep is deferred by each of them.
func (c *caught) keep() {
	if p := recover(); p != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.text == "" {
			c.text = fmt.Sprintf("%v\n%s", p, debug.Stack())
		}
	}
}

// raise panics if one of them did.
func (c *caught) raise() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.text != "" {
		panic(c.text)
	}
}
