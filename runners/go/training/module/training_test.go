package training

import (
	"testing"

	"gradekit/submission"
	"gradekit/suite"
)

func TestMain(m *testing.M) { suite.Main(m) }

func TestNothing(t *testing.T) { _ = submission.Object{} }
