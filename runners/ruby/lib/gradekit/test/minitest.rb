# Minitest, without its plugins, and without running by itself at the end of the process.
require "minitest"
require "minitest/spec"
require "minitest/mock"

module Minitest
  # `require "minitest/autorun"` asks for it.
  def self.autorun; end
end
$LOADED_FEATURES << $LOAD_PATH.resolve_feature_path("minitest/autorun").last

module Gradekit
  module Test
    SEED = 20_240_229

    module_function

    # Run a file.
    def run_file(file, report)
      Minitest.seed = SEED
      begin
        load file
        raise LoadError, "Test::Unit is not among the frameworks here; use Minitest or RSpec" if defined?(::Test::Unit::TestCase)
      rescue SystemExit, ScriptError, StandardError, SystemStackError, NoMemoryError => error
        report.record([], "errored", report.reason(error))
        return
      end
      Minitest::Runnable.runnables.each do |cls|
        methods = cls.runnable_methods
        methods.sort.each { |name| run_test(cls, name, report) }
      end
    end

    def run_test(cls, name, report)
      phase = :before
      test = cls.new(name)
      test.define_singleton_method(name) do |*args|
        phase = :body
        super(*args)
        phase = :after
      end
      test.run
      report.record([cls.name || cls.to_s, name.sub(/\Atest_\d{4}_/, "")], *outcome(test, phase, report), test.time)
    end

    def outcome(test, phase, report)
      failure = test.failures.first
      return phase == :after ? ["passed", ""] : ["skipped", "it was left before its end"] if failure.nil?
      return ["skipped", failure.message] if failure.is_a?(Minitest::Skip) && test.failures.length == 1

      error = failure.is_a?(Minitest::UnexpectedError) ? failure.error : failure
      kind = phase == :body && test.failures.length == 1 ? "failed" : "errored"
      [kind, report.reason(error)]
    end
  end
end
