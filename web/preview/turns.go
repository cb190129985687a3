package preview

import (
	"context"
	"sync"
)

// turnsEach is how many of one person's requests may do at once what costs far
// more than the request: pass over packed bytes (to read near the end of a film
// of 2 GB, all before it has to be unpacked: some seconds of a processor's time
// for a few bytes), read a whole manifest, or hold in memory what a course has
// stored.
const turnsEach = 2

// turns makes each person's requests wait for one another, and for nobody
// else's. It bounds what one replica does; what it forgets at a restart is over.
type turns struct {
	mu  sync.Mutex
	due map[int64]*line
}

// line is the requests of one person.
type line struct {
	seats chan struct{}
	users int // waiting or served; guarded by turns.mu
}

// take waits for a turn; the caller gives it back.
func (t *turns) take(ctx context.Context, person int64) (giveBack func(), err error) {
	t.mu.Lock()
	if t.due == nil {
		t.due = map[int64]*line{}
	}
	l := t.due[person]
	if l == nil {
		l = &line{seats: make(chan struct{}, turnsEach)}
		t.due[person] = l
	}
	l.users++
	t.mu.Unlock()
	select {
	case l.seats <- struct{}{}:
		return func() { <-l.seats; t.leave(person, l) }, nil
	case <-ctx.Done():
		t.leave(person, l)
		return nil, ctx.Err()
	}
}

func (t *turns) leave(person int64, l *line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(t.due, person)
	}
}
