package demo

import (
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"time"
)

// tale is something that happens over weeks, told in order: as a rule the life
// of one proposal. It says on which day (on) before it says what.
type tale func(s *story)

// story is a tale being told. Its acts do nothing once one has failed, so that
// a tale reads as one: whoever plays it looks at err after each step.
type story struct {
	*world
	id    int64 // the proposal, once there is one
	lead  string
	about module

	now   time.Time // of this story: what it does next
	steps int
	yield func(time.Time) bool
	err   error
}

var errStopped = errors.New("another story failed")

// play tells the tales side by side, whichever comes next in time, and sends
// the mail after each step.
func (w *world) play(tales ...tale) error {
	type telling struct {
		*story
		next func() (time.Time, bool)
		at   time.Time
	}
	var all []telling
	for _, tell := range tales {
		s := &story{world: w}
		next, stop := iter.Pull(func(yield func(time.Time) bool) {
			s.yield = yield
			tell(s)
		})
		defer stop()
		at, ok := next()
		if s.err != nil {
			return s.err
		}
		if ok {
			all = append(all, telling{s, next, at})
		}
	}
	for len(all) > 0 {
		i := 0
		for j := range all {
			if all[j].at.Before(all[i].at) {
				i = j
			}
		}
		w.clock.to(all[i].at)
		at, more := all[i].next()
		if err := all[i].err; err != nil {
			return err
		}
		if err := w.drain(); err != nil {
			return err
		}
		all[i].at = at
		if !more {
			all = slices.Delete(all, i, i+1)
		}
	}
	return nil
}

// on goes to the day so many days ago, at an hour at which people find time
// for such things; on the same day, to a little later.
func (s *story) on(ago int) {
	h := fnv.New32a()
	fmt.Fprint(h, s.about.title, s.steps)
	const earliest, latest = 7*60 + 40, 20*60 + 30 // minutes of a day
	minute := earliest + int(h.Sum32()%(latest-earliest))
	s.wait(s.clock.day(ago).Add(time.Duration(minute)*time.Minute + time.Duration(h.Sum32()%60)*time.Second))
}

// later goes on a little later.
func (s *story) later(d time.Duration) { s.wait(s.now.Add(d)) }

func (s *story) wait(t time.Time) {
	s.steps++
	if !t.After(s.now) {
		t = s.now.Add(time.Duration(3+s.steps%5) * time.Minute)
	}
	s.now = t
	if s.err == nil && !s.yield(t) {
		s.err = errStopped
	}
}

// do is one act.
func (s *story) do(what string, act func() error) {
	if s.err != nil {
		return
	}
	if err := act(); err != nil && s.err == nil { // not over what it met on the way
		s.err = fmt.Errorf("%q, %s: %w", s.about.title, what, err)
	}
}
