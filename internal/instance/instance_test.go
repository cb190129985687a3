package instance_test

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/leadership-ladder/rung/internal/dbtest"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/instance"
)

func TestEachKindRefusesTheOther(t *testing.T) {
	for kind, other := range map[string]string{instance.Production: instance.Demo, instance.Demo: instance.Production} {
		t.Run(kind, func(t *testing.T) {
			db, now := dbtest.New(t), dbtest.NewClock().Now()
			store := &files.Store{Dir: filepath.Join(t.TempDir(), "files")}
			for _, k := range []string{kind, other} {
				if err := instance.Check(t.Context(), db, k); err != nil {
					t.Fatalf("an unmarked database: %v", err)
				}
			}
			first, err := instance.Claim(t.Context(), db, kind, store, now)
			if err != nil {
				t.Fatal(err)
			}
			again, err := instance.Claim(t.Context(), db, kind, store, now)
			if err != nil || again != first {
				t.Errorf("claimed again: %q, %v; want %q", again, err, first)
			}
			if err := instance.Check(t.Context(), db, kind); err != nil {
				t.Error(err)
			}
			if err := instance.Check(t.Context(), db, other); fault.KindOf(err) != fault.Refused {
				t.Errorf("Check as %s: %v", other, err)
			}
			if _, err := instance.Claim(t.Context(), db, other, store, now); fault.KindOf(err) != fault.Refused {
				t.Errorf("Claim as %s: %v", other, err)
			}
		})
	}
}

func TestAnotherFolderIsRefused(t *testing.T) {
	db, now := dbtest.New(t), dbtest.NewClock().Now()
	here := &files.Store{Dir: filepath.Join(t.TempDir(), "files")}
	if _, err := instance.Claim(t.Context(), db, instance.Production, here, now); err != nil {
		t.Fatal(err)
	}
	unmounted := &files.Store{Dir: filepath.Join(t.TempDir(), "files")}
	if _, err := instance.Claim(t.Context(), db, instance.Production, unmounted, now); fault.KindOf(err) != fault.Refused {
		t.Errorf("an empty folder: %v", err)
	}
	foreign := &files.Store{Dir: filepath.Join(t.TempDir(), "files")}
	if _, err := foreign.EnsureMarker(); err != nil {
		t.Fatal(err)
	}
	if _, err := instance.Claim(t.Context(), db, instance.Production, foreign, now); fault.KindOf(err) != fault.Refused {
		t.Errorf("another database's folder: %v", err)
	}
}

func TestADemoNeverTakesADatabaseWithPeople(t *testing.T) {
	db, now := dbtest.New(t), dbtest.NewClock().Now()
	db.MustExec(`insert into people (email, name, created_at) values ('real@example.org', 'Real Person', $1)`, now)
	store := &files.Store{Dir: filepath.Join(t.TempDir(), "files")}
	if _, err := instance.Claim(t.Context(), db, instance.Demo, store, now); fault.KindOf(err) != fault.Refused {
		t.Fatalf("a demo: %v", err)
	}
	if _, err := instance.Claim(t.Context(), db, instance.Production, store, now); err != nil {
		t.Errorf("production, after `rung person add`: %v", err)
	}
}

func TestReplicasThatClaimTogether(t *testing.T) {
	db, now := dbtest.New(t), dbtest.NewClock().Now()
	dir := filepath.Join(t.TempDir(), "files")
	markers := make([]string, 4)
	var wg sync.WaitGroup
	for i := range markers {
		wg.Go(func() {
			var err error
			if markers[i], err = instance.Claim(t.Context(), db, instance.Production, &files.Store{Dir: dir}, now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, m := range markers {
		if m == "" || m != markers[0] {
			t.Errorf("markers differ: %q", markers)
		}
	}
}
