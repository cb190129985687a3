package packagecheck

import (
	"slices"
	"strconv"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

var (
	scorm2004Leaf = define(Rule{ID: "scorm2004-item-not-leaf", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "An item opens a page and has items below it",
		Why:    "In SCORM 2004 a host opens only items with nothing below them, so learners may never see the page.",
		Fix:    "Move the page into an item of its own, the first below this one.",
		Source: "SCORM 2004 CAM 3.4.1, <item> (leaf items alone reference a resource)"})
	scorm2004Passing = define(Rule{ID: "scorm2004-passing-score", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The passing score is not a number from −1 to 1",
		Why:    "Hosts compare the scaled score with it, which is never above 1: nobody can pass, or the host refuses the package.",
		Fix:    "Write the passing score as a share, such as 0.8 for 80 per cent.",
		Source: "SCORM 2004 CAM 5.1, <imsss:minNormalizedMeasure>"})
	scorm2004Threshold = define(Rule{ID: "scorm2004-completion-threshold", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "The completion threshold is not a number from 0 to 1",
		Why:    "Hosts compare the learner’s progress with it, and never find the module completed.",
		Fix:    "Write the threshold as a share, such as 0.9 for 90 per cent.",
		Source: "SCORM 2004 CAM 3.4.1, <adlcp:completionThreshold>"})
	scorm2004Value = define(Rule{ID: "scorm2004-sequencing-value", Area: Manifest, Severity: Warning, Criterion: "manifest_valid",
		Title:  "A sequencing rule has a value that the standard doesn’t know",
		Why:    "Hosts ignore the rule or refuse the package, so the course runs in another order than its author meant.",
		Fix:    "Use one of the values that the standard lists for the element that is named. Case counts.",
		Source: "SCORM 2004 CAM 5.1 (Sequencing); IMS Simple Sequencing XML Binding 1.0"})
	scorm2004Reference = define(Rule{ID: "scorm2004-sequencing-unresolved", Area: Manifest, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "Sequencing refers to rules that aren’t declared",
		Why:    "The host runs the item without the rules that its author meant, or refuses the package.",
		Fix:    "Declare the rules in <imsss:sequencingCollection> under this ID, or correct the IDRef.",
		Source: "SCORM 2004 CAM 5.1, <imsss:sequencing> (IDRef)"})
	scorm2004Objective = define(Rule{ID: "scorm2004-objective-unresolved", Area: Manifest, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "A sequencing rule refers to an objective that its item doesn’t have",
		Why:    "The rule’s condition can never be met, so a part of the course may stay closed.",
		Fix:    "Declare the objective with the item, or correct referencedObjective.",
		Source: "SCORM 2004 CAM 5.1, <imsss:ruleCondition> (referencedObjective)"})
)

// scorm2004 looks at what only SCORM 2004 puts into items and sequencing.
func (s *course) scorm2004() {
	shared := map[string]*sharedRules{}
	for _, m := range s.manifests {
		if list := m.Child("sequencingCollection"); list != nil {
			for _, e := range list.All("sequencing") {
				shared[attr(e, "ID")] = &sharedRules{objectives(e)}
			}
			s.vocabulary(list)
		}
	}
	for _, org := range s.orgs {
		s.sequencing(org, shared)
	}
	for _, item := range s.items {
		if attr(item, "identifierref") != "" && item.Child("item") != nil {
			s.add(scorm2004Leaf, s.at(item), "The item %s opens a page and has items below it.", called(item))
		}
		s.extras(item)
		s.sequencing(item, shared)
	}
}

// extras looks at the elements that ADL adds to an item.
func (s *course) extras(item *markup.Element) {
	for _, e := range item.Children {
		if e.Space != adlcp2004 {
			continue
		}
		switch e.Name {
		case "timeLimitAction":
			if e.Text != "" {
				s.timeLimit(item, e)
			}
		case "completionThreshold":
			values := []string{e.Text, attr(e, "minProgressMeasure"), attr(e, "progressWeight")}
			for _, v := range values {
				if v != "" && !between(v, 0, 1) {
					s.add(scorm2004Threshold, s.at(e), "The completion threshold of the item %s has %s.", called(item), quoted(v))
				}
			}
		}
	}
}

// sequencing looks at the rules of an item or organization, with those that it
// takes from the collection.
func (s *course) sequencing(holder *markup.Element, shared map[string]*sharedRules) {
	for _, e := range holder.All("sequencing") {
		if e.Space != imsss {
			continue
		}
		s.vocabulary(e)
		known, borrowed := objectives(e), map[string]bool{}
		if ref := attr(e, "IDRef"); ref != "" {
			if shared[ref] == nil {
				s.add(scorm2004Reference, s.at(e), "The item %s refers to the sequencing %s, which isn’t declared.", called(holder), quoted(ref))
				continue
			}
			borrowed = shared[ref].objectives
		}
		e.Walk(func(rule *markup.Element) bool {
			ref := attr(rule, "referencedObjective")
			if rule.Name == "ruleCondition" && ref != "" && !known[ref] && !borrowed[ref] {
				s.add(scorm2004Objective, s.at(rule), "A rule of %s refers to the objective %s, which the item doesn’t have.", called(holder), quoted(ref))
			}
			return true
		})
	}
}

// sharedRules are those of the collection, with the objectives that they declare.
type sharedRules struct{ objectives map[string]bool }

func objectives(sequencing *markup.Element) map[string]bool {
	known := map[string]bool{}
	for _, list := range sequencing.All("objectives") {
		for _, o := range list.Children {
			known[attr(o, "objectiveID")] = true
		}
	}
	return known
}

var (
	ruleConditions = []string{"satisfied", "objectiveStatusKnown", "objectiveMeasureKnown", "objectiveMeasureGreaterThan",
		"objectiveMeasureLessThan", "completed", "activityProgressKnown", "attempted", "attemptLimitExceeded",
		"timeLimitExceeded", "outsideAvailableTimeRange", "always"}
	rollupConditions = []string{"satisfied", "objectiveStatusKnown", "objectiveMeasureKnown", "completed",
		"activityProgressKnown", "attempted", "attemptLimitExceeded", "timeLimitExceeded", "outsideAvailableTimeRange", "never"}
	combinations = []string{"all", "any"}
	operators    = []string{"not", "noOp"}
	timings      = []string{"never", "once", "onEachNewAttempt"}
)

// words allows those of a list.
func words(list ...string) func(string) bool {
	return func(v string) bool { return slices.Contains(list, v) }
}

func share(v string) bool { return between(v, 0, 1) }

func measure(v string) bool { return between(v, -1, 1) }

func count(v string) bool {
	_, err := strconv.ParseUint(strings.TrimPrefix(v, "+"), 10, 64)
	return err == nil
}

// sequencingValues are what attributes of sequencing may have, by element (and
// its parent's name before a slash, where that matters) and attribute.
var sequencingValues = map[string]map[string]func(string) bool{
	"ruleCondition":                {"condition": words(ruleConditions...), "operator": words(operators...), "measureThreshold": measure},
	"ruleConditions":               {"conditionCombination": words(combinations...)},
	"preConditionRule/ruleAction":  {"action": words("skip", "disabled", "hiddenFromChoice", "stopForwardTraversal")},
	"postConditionRule/ruleAction": {"action": words("exitParent", "exitAll", "retry", "retryAll", "continue", "previous")},
	"exitConditionRule/ruleAction": {"action": words("exit")},
	"rollupCondition":              {"condition": words(rollupConditions...), "operator": words(operators...)},
	"rollupConditions":             {"conditionCombination": words(combinations...)},
	"rollupAction":                 {"action": words("satisfied", "notSatisfied", "completed", "incomplete")},
	"rollupRule": {"childActivitySet": words("all", "any", "none", "atLeastCount", "atLeastPercent"),
		"minimumCount": count, "minimumPercent": share},
	"rollupRules":           {"objectiveMeasureWeight": share},
	"randomizationControls": {"randomizationTiming": words(timings...), "selectionTiming": words(timings...), "selectCount": count},
	"limitConditions":       {"attemptLimit": count},
}

// required are attributes without which a rule says nothing.
var required = map[string]string{"ruleCondition": "condition", "ruleAction": "action", "rollupCondition": "condition", "rollupAction": "action"}

// vocabulary looks at the values below an element of sequencing.
func (s *course) vocabulary(top *markup.Element) {
	top.Walk(func(e *markup.Element) bool {
		if e.Space != imsss {
			return true
		}
		if e.Name == "minNormalizedMeasure" && e.Text != "" && !measure(e.Text) {
			s.add(scorm2004Passing, s.at(e), "The passing score is %s.", quoted(e.Text))
		}
		if name := required[e.Name]; name != "" {
			if _, there := e.Attr(name); !there {
				s.add(scorm2004Value, s.at(e), "<%s> has no %s.", e.Name, name)
			}
		}
		allowed := sequencingValues[e.Name]
		if allowed == nil && e.Parent != nil {
			allowed = sequencingValues[e.Parent.Name+"/"+e.Name]
		}
		for _, a := range e.Attrs {
			if ok := allowed[a.Name]; ok != nil && !ok(strings.TrimSpace(a.Value)) {
				s.add(scorm2004Value, s.at(e), "<%s> has %s as its %s.", e.Name, quoted(a.Value), a.Name)
			}
		}
		return true
	})
}
