# RSpec, with our options only.
require "stringio"
require "rspec/core"
require "rspec/expectations"
require "rspec/mocks"

RSpec::Core::Runner.disable_autorun!

module Gradekit
  module Test
    # Tells of each example when the hooks after it have run, too.
    class Listener
      FAILURES = [RSpec::Expectations::ExpectationNotMetError, RSpec::Mocks::MockExpectationError].freeze

      def initialize(report)
        @report = report
        @phases = {}.compare_by_identity
      end

      # Mark where set-up ends and where tear-down begins.
      def example_started(notification)
        example = notification.example
        block = example.instance_variable_get(:@example_block) or return
        phases = @phases
        phases[example] = :before
        example.instance_variable_set(:@example_block, proc do |*args|
          phases[example] = :body
          instance_exec(*args, &block)
          phases[example] = :after
        end)
      end

      # RSpec takes an example that left by its own exception for skips, without saying so, for one that passed.
      def example_passed(notification)
        example = notification.example
        return tell(example, "passed") if @phases[example] == :after

        tell(example, "skipped", "it was left before its end")
      end

      def example_pending(notification)
        result = notification.example.execution_result
        tell(notification.example, "skipped", result.pending_message.to_s)
      end

      def example_failed(notification)
        example = notification.example
        result = example.execution_result
        error = result.exception
        phase = @phases[example]
        failed = result.pending_fixed? || phase == :body || (phase == :after && FAILURES.any? { |cls| cls === error })
        tell(example, failed ? "failed" : "errored", @report.reason(error))
      end

      private

      def tell(example, outcome, message = "")
        @report.record(path_of(example), outcome, message, example.execution_result.run_time || 0)
      end

      def path_of(example)
        [*example.example_group.parent_groups.reverse.map(&:description), example.description]
      end
    end

    module_function

    # Run a file.
    def run_file(file, report)
      nothing = StringIO.new
      options = RSpec::Core::ConfigurationOptions.new(["--options", File::NULL, "--no-color", "--order", "defined"])
      runner = RSpec::Core::Runner.new(options)
      runner.configure($stderr, nothing)
      configuration = runner.configuration
      configuration.expose_dsl_globally = true
      listener = Listener.new(report)
      configuration.reporter.register_listener(listener, :example_started, :example_passed, :example_pending, :example_failed)
      configuration.reporter.define_singleton_method(:notify_non_example_exception) do |error, context|
        report.record([context], "errored", report.reason(error))
      end
      begin
        load file
      rescue SystemExit, ScriptError, StandardError, SystemStackError => error
        report.record([], "errored", report.reason(error))
        return
      end
      runner.run_specs(RSpec.world.ordered_example_groups)
    end
  end
end
