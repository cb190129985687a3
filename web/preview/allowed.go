package preview

import (
	"context"
	"sync"
	"time"
)

// askedEvery is how long a look that was allowed is taken to be: a page asks for
// dozens of files, and who lost a role is shut out a minute later.
const askedEvery = time.Minute

// allowances remembers which previews were allowed a moment ago. It only saves
// time: another replica asks for itself.
type allowances struct {
	mu    sync.Mutex
	until map[string]time.Time // by run
}

// stillAllowed asks again whether the reader of a link may see what it shows.
func (s *Server) stillAllowed(ctx context.Context, t ticket) error {
	now := s.Now()
	if s.allowed.holds(t.Run, now) {
		return nil
	}
	if err := s.May(ctx, t.Look); err != nil {
		return err
	}
	s.allowed.note(t.Run, now)
	return nil
}

func (a *allowances) holds(run string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return now.Before(a.until[run])
}

// note remembers a run, and forgets those that have to be asked about again.
func (a *allowances) note(run string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.until == nil {
		a.until = map[string]time.Time{}
	}
	for other, until := range a.until {
		if !now.Before(until) {
			delete(a.until, other)
		}
	}
	a.until[run] = now.Add(askedEvery)
}
