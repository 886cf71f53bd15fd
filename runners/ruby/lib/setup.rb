# For the submission's own processes: what `deps` chose goes before what the image has.
require "/opt/gradekit/lib/gradekit/packages"
Gradekit::Packages.activate
