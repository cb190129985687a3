package preview

import (
	"os"
	"sync"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/internal/files"
)

// shelfRoom is how many packages stay open. A page asks for dozens of files of
// one; few are looked at in the same minute.
const shelfRoom = 6

// shelf keeps the packages that were read last open: reading the directory of
// one takes longer than most of its files do. It only saves time: another
// replica opens the same bytes for itself.
type shelf struct {
	files *files.Store
	mu    sync.Mutex
	order []*opened // the one used last at the end
}

// opened is a package with its directory read.
type opened struct {
	digest string
	once   sync.Once
	file   *os.File
	arc    *archive.Archive
	course course
	err    error
	users  int  // guarded by shelf.mu
	taken  bool // off the shelf: the last user closes it
}

// open gives the package of a digest; the caller calls done when it has read.
func (s *shelf) open(digest string) (o *opened, done func(), err error) {
	o = s.take(digest)
	done = func() { s.giveBack(o) }
	o.once.Do(func() { o.err = o.read(s.files) })
	if o.err != nil {
		s.forget(o)
		done()
		return nil, nil, o.err
	}
	return o, done, nil
}

func (s *shelf) take(digest string) *opened {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found *opened
	for i, o := range s.order {
		if o.digest == digest {
			found = o
			s.order = append(s.order[:i], s.order[i+1:]...)
			break
		}
	}
	if found == nil {
		found = &opened{digest: digest}
	}
	found.users++
	s.order = append(s.order, found)
	if len(s.order) > shelfRoom {
		s.drop(0)
	}
	return found
}

// drop takes the package at a place off the shelf. The caller holds mu.
func (s *shelf) drop(i int) {
	o := s.order[i]
	s.order = append(s.order[:i], s.order[i+1:]...)
	o.taken = true
	o.closeIfDone()
}

// forget takes a package off the shelf that could not be opened, so that the
// next who asks tries again.
func (s *shelf) forget(o *opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.order {
		if s.order[i] == o {
			s.drop(i)
			return
		}
	}
}

func (s *shelf) giveBack(o *opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.users--
	o.closeIfDone()
}

// closeIfDone closes what nobody reads any more. The caller holds shelf.mu.
func (o *opened) closeIfDone() {
	if o.taken && o.users == 0 && o.file != nil {
		o.file.Close()
		o.file = nil
	}
}

// read opens the package. Its users hold it meanwhile, so nobody closes it.
func (o *opened) read(store *files.Store) error {
	f, size, err := store.Open(o.digest)
	if err != nil {
		return err
	}
	arc, err := archive.Open(f, size, archive.Limits{})
	if err != nil {
		f.Close()
		return err
	}
	o.file, o.arc, o.course = f, arc, courseOf(arc)
	return nil
}
