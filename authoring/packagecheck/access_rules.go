package packagecheck

import (
	"fmt"

	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

// accessRule is a rule with what it says of an element.
type accessRule struct {
	rule *Rule
	says string // one sentence, with a place for the element
}

func moreOnPage(n int) string {
	if n == 1 {
		return " One more place on this page is like it."
	}
	return fmt.Sprintf(" %d more places on this page are like it.", n)
}

func access(severity Severity, id, title, why, fix, source, says string) accessRule {
	return accessRule{define(Rule{ID: id, Area: Accessibility, Severity: severity, Criterion: "static_accessibility",
		Title: title, Why: why, Fix: fix, Source: source}), says}
}

// accessRules are the rules by the code of the issue.
var accessRules = map[string]accessRule{
	webpage.NoLanguage: access(Warning, "html-lang-missing", "A page doesn’t say its language",
		"A screen reader then reads it in the voice of its own language, and English in a foreign voice can’t be followed.",
		"Write the language into the page’s first tag: <html lang=\"en-GB\">. Most authoring tools have it in the course’s settings.",
		"WCAG 2.2 SC 3.1.1 Language of Page (A)",
		"The page doesn’t say its language: %s has no lang attribute."),
	webpage.BadLanguage: access(Warning, "html-lang-invalid", "A page’s language is no language tag",
		"Screen readers choose their voice by it, and fall back to another where they don’t know it.",
		"Write a tag such as lang=\"en-GB\" or lang=\"cy\", with a hyphen and not an underscore.",
		"WCAG 2.2 SC 3.1.1 Language of Page (A); BCP 47",
		"%s names no language that is known."),
	webpage.NoTitle: access(Warning, "html-title-missing", "A page has no title",
		"The title is the first thing that a screen reader says, and the name of the browser’s tab.",
		"Put <title> with a few telling words into the page’s head. Most authoring tools take it from the course’s name.",
		"WCAG 2.2 SC 2.4.2 Page Titled (A)",
		"The page has no title: %s is missing or empty."),
	webpage.ImageAlt: access(Warning, "html-image-alt", "An image has no alternative text",
		"Who can’t see the image hears its file name instead, or nothing.",
		"Say in alt what the image tells, in one short sentence. An ornament gets an empty one: alt=\"\".",
		"WCAG 2.2 SC 1.1.1 Non-text Content (A)",
		"%s has no alt attribute."),
	webpage.InputImageAlt: access(Warning, "html-input-image-alt", "A picture that is a button has no alternative text",
		"Who can’t see it doesn’t learn what it does.",
		"Say in alt what the button does, such as alt=\"Next\".",
		"WCAG 2.2 SC 1.1.1 Non-text Content (A)",
		"%s is a button that says nothing of what it does."),
	webpage.AreaAlt: access(Warning, "html-area-alt", "A part of an image map has no alternative text",
		"Who can’t see the image doesn’t learn where its parts lead.",
		"Say in alt of each area where it leads.",
		"WCAG 2.2 SC 1.1.1 Non-text Content (A)",
		"%s says nothing of where it leads."),
	webpage.SVGName: access(Warning, "html-svg-name", "A drawing has no name",
		"It says that it is an image (role=\"img\"), so a screen reader stops at it and has nothing to say.",
		"Give it aria-label or a <title>, or hide it with aria-hidden=\"true\" where it is an ornament.",
		"WCAG 2.2 SC 1.1.1 Non-text Content (A)",
		"%s says that it is an image, but has neither aria-label nor a title."),
	webpage.ObjectName: access(Warning, "html-object-alt", "An embedded object has no alternative",
		"Where it can’t be shown or seen there is nothing in its place.",
		"Write what it shows between <object> and </object>, or give it aria-label or title.",
		"WCAG 2.2 SC 1.1.1 Non-text Content (A)",
		"%s has no text in it and no name."),
	webpage.FrameTitle: access(Warning, "html-frame-title", "A frame has no title",
		"A screen reader lists frames by their titles; without one its user must enter each to learn what is there.",
		"Give the frame a title that says what it has in it: <iframe title=\"Course content\">.",
		"WCAG 2.2 SC 4.1.2 Name, Role, Value (A)",
		"%s has no title."),
	webpage.VideoCaptions: access(Warning, "html-video-captions", "A video has no captions track",
		"Who can’t hear, or sits in a ward or a train without headphones, doesn’t learn what is said.",
		"Add captions as WebVTT: <track kind=\"captions\" src=\"…\" srclang=\"en\" label=\"English\">. Captions that are part of the picture, or a silent video, are for a person to judge.",
		"WCAG 2.2 SC 1.2.2 Captions (Prerecorded) (A)",
		"%s has no track of captions or subtitles."),
	webpage.Autoplay: access(Warning, "html-autoplay", "Sound plays by itself",
		"It talks over a screen reader, and there are no controls to stop it.",
		"Leave out autoplay, or add controls or muted.",
		"WCAG 2.2 SC 1.4.2 Audio Control (A)",
		"%s plays by itself, with its sound and without controls."),
	webpage.AutoplayControls: access(Advice, "html-autoplay-controls", "Sound plays by itself, with controls to stop it",
		"It may talk over a screen reader before its user finds the controls.",
		"Leave out autoplay, so that the learner starts it.",
		"WCAG 2.2 SC 1.4.2 Audio Control (A)",
		"%s plays by itself, with its sound."),
	webpage.Label: access(Warning, "html-label", "A form field has no label",
		"A screen reader says “edit text” and not what to write. A placeholder vanishes with the first letter.",
		"Put <label for=\"…\"> with the field’s id beside it, or give the field aria-label.",
		"WCAG 2.2 SC 3.3.2 Labels or Instructions (A); SC 4.1.2 Name, Role, Value (A)",
		"%s has no label."),
	webpage.LinkEmpty: access(Warning, "html-link-empty", "A link has no text",
		"A screen reader says “link” or spells the address, and its user can’t tell where it leads.",
		"Write where it leads between <a> and </a>, or in alt of the image in it, or give the link aria-label.",
		"WCAG 2.2 SC 2.4.4 Link Purpose (In Context) (A); SC 4.1.2 Name, Role, Value (A)",
		"%s is a link without text or name."),
	webpage.ButtonEmpty: access(Warning, "html-button-empty", "A button has no text",
		"A screen reader says “button” and not what it does.",
		"Write what it does on the button, or give it aria-label where it shows an icon alone.",
		"WCAG 2.2 SC 4.1.2 Name, Role, Value (A)",
		"%s is a button without text or name."),
	webpage.HeadingEmpty: access(Warning, "html-heading-empty", "A heading is empty",
		"Screen reader users jump from heading to heading, and land on nothing.",
		"Write the heading’s text, or take out the empty tag where it only makes room.",
		"WCAG 2.2 SC 1.3.1 Info and Relationships (A)",
		"%s is a heading with nothing in it."),
	webpage.HeadingSkip: access(Advice, "html-heading-skip", "A level of headings is skipped",
		"The headings are the page’s table of contents for who can’t see it; a gap looks like something that was missed.",
		"Choose the level by the outline and not by the size of the letters: after <h2> comes <h2> or <h3>.",
		"WCAG 2.2 SC 1.3.1 Info and Relationships (A), technique G141",
		"A level of headings is skipped here: %s."),
	webpage.HeadingNone: access(Advice, "html-heading-none", "A long page has no main heading",
		"Screen reader users look for it to find where the content begins.",
		"Make the page’s heading an <h1>.",
		"WCAG 2.2 SC 1.3.1 Info and Relationships (A), technique H42",
		"The page has a good deal of text, but no main heading (%s)."),
	webpage.Tabindex: access(Warning, "html-tabindex", "The order of the Tab key is set by hand",
		"What has a positive tabindex comes before all else on the page, so the focus jumps about.",
		"Use tabindex=\"0\" or none, and put things into the order in which they are to be reached.",
		"WCAG 2.2 SC 2.4.3 Focus Order (A)",
		"%s has a tabindex above 0."),
	webpage.Refresh: access(Warning, "html-refresh", "A page reloads or moves on by itself",
		"Who reads slowly, or by ear, loses the page in the middle of it.",
		"Let the learner move on with a button or link. A redirect at once (0 seconds) is fine.",
		"WCAG 2.2 SC 2.2.1 Timing Adjustable (A)",
		"The page moves on by itself after a while: %s."),
	webpage.Zoom: access(Warning, "html-zoom", "Zooming is switched off",
		"Who needs larger letters can’t make the page larger on a phone.",
		"Take user-scalable=no and maximum-scale out of the viewport tag, or let the page grow to at least twice its size.",
		"WCAG 2.2 SC 1.4.4 Resize Text (AA)",
		"The page keeps readers from making it larger: %s."),
	webpage.DuplicateID: access(Warning, "html-duplicate-id", "An id that a label uses is there twice",
		"A label or description finds the first of them alone, so that the other has none or the wrong one.",
		"Give each element an id of its own, and let for, aria-labelledby and aria-describedby name it.",
		"WCAG 2.2 SC 1.3.1 Info and Relationships (A); SC 4.1.2 Name, Role, Value (A)",
		"%s has an id that another element of the page has too, and a label or description uses it."),
	webpage.TableHeaders: access(Advice, "html-table-headers", "A table looks like data but has no headings",
		"A screen reader says the heading with each cell; without one its user hears bare numbers.",
		"Make the cells that name a column or a row <th>. A table that only arranges things on the page gets role=\"presentation\".",
		"WCAG 2.2 SC 1.3.1 Info and Relationships (A), technique H51",
		"%s looks like a table of data, but none of its cells is a heading (<th>)."),
}
