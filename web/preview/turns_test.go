package preview

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
)

// One person's requests wait for one another; nobody else's do.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var queue turns
		var given []func()
		for range turnsEach {
			back, err := queue.take(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			given = append(given, back)
		}
		other, err := queue.take(t.Context(), 2)
		if err != nil {
			t.Fatalf("another person: %v", err)
		}
		other()

		left, leave := context.WithCancel(t.Context())
		leave()
		if _, err := queue.take(left, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("who has left waits no longer: %v", err)
		}
		served := false
		go func() {
			back, err := queue.take(t.Context(), 1)
			if err != nil {
				t.Errorf("the one who waited: %v", err)
				return
			}
			served = true
			back()
		}()
		synctest.Wait()
		if served {
			t.Errorf("more than %d are served at once", turnsEach)
		}
		given[0]()
		synctest.Wait()
		if !served {
			t.Error("who waited wasn’t served when there was room")
		}
		given[1]()
		if len(queue.due) != 0 {
			t.Errorf("%d lines are kept for nobody", len(queue.due))
		}
	})
}

// What a course stored is read for few of a person's requests at once.
func TestRequestsForRecordsTakeTurns(t *testing.T) {
	var s Server
	ask := func(ctx context.Context, person int64) int {
		w := httptest.NewRecorder()
		s.inTurn(ticket{Look: Look{Person: person}}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })(
			w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		return w.Code
	}
	for range turnsEach {
		back, err := s.storing.take(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		defer back()
	}
	impatient, leave := context.WithCancel(t.Context())
	leave()
	if got := ask(impatient, 1); got != http.StatusServiceUnavailable {
		t.Errorf("one more than %d: %d", turnsEach, got)
	}
	for range turnsEach + 1 { // each gives its turn back
		if got := ask(t.Context(), 2); got != http.StatusNoContent {
			t.Errorf("another person’s: %d", got)
		}
	}
}

// Manifests are read for few of a person's requests at once.
func TestPackagesAreOpenedInTurn(t *testing.T) {
	s := Server{shelf: &shelf{}}
	for range turnsEach {
		back, err := s.opening.take(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		defer back()
	}
	impatient, leave := context.WithCancel(t.Context())
	leave()
	if _, _, err := s.open(impatient, ticket{Look: Look{Person: 1}}); !errors.Is(err, context.Canceled) {
		t.Errorf("one more than %d: %v", turnsEach, err)
	}
}
