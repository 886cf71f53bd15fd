# The process of one file of a hidden suite: our framework, our settings, then the file.
framework, file, split = ARGV
ARGV.clear
# The frameworks are the image's, whatever the submission's packages are called.
require "gradekit/test/report"
require "gradekit/test/#{framework}"
require "gradekit/loading"
require "gradekit/packages"

report = Gradekit::Test::Report.new
OURS = /\A(?:rspec(?:-(?:core|expectations|mocks|support))?|minitest|test-unit|diff-lcs|bundler)\z/
if split.empty?
  Gem.paths = { "GEM_HOME" => "/opt/deps", "GEM_PATH" => "/opt/deps:#{Gem.default_path.join(':')}" }
  Gradekit::Packages.activate(except: OURS)
  Gradekit::Loading.begin
else
  require "gradekit/test/remote"
  Gradekit::Remote.open(Float(split), report)
end
$LOAD_PATH.push("/hidden")
begin
  Gradekit::Test.run_file(file, report)
rescue SystemExit => error
  warn "exit(#{error.status}) was called while the tests ran"
  exit!(1)
end
report.finish
exit!(0)
