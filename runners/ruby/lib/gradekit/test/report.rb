# How a file's process tells its parent what became of a test.
require "json"

module Gradekit
  module Test
    # Writes records at once, so that what a later test does to this process does not undo them.
    class Report
      CHANNEL = 3
      MAX_MESSAGE = 2_000
      ANSI = /\e\[[0-9;]*m/

      # Faults of calls since the last record; a test that met one did not pass, whatever it made of that.
      attr_accessor :faults

      def initialize
        @faults = []
        @output = IO.for_fd(CHANNEL, "w", autoclose: false)
        @output.sync = true
        @output.close_on_exec = true
      end

      # What became of a test. `path`: the names of the groups around it and its own; empty: the file itself.
      def record(path, outcome, message = "", seconds = 0)
        fault = @faults.first
        @faults.clear
        outcome, message = "failed", fault if fault && outcome == "passed"
        message = outcome == "passed" ? "" : short(message)
        @output.write("#{JSON.generate(path: path.map { |name| clean(name) }, outcome: outcome, message: message, seconds: seconds)}\n")
      end

      # That nothing more comes.
      def finish
        @output.write("{\"end\":true}\n")
      end

      # What an exception says, whatever was raised.
      def reason(error)
        message = error.message.to_s
        error.class == RuntimeError || message.start_with?(error.class.to_s) ? message : "#{error.class}: #{message}"
      rescue Exception # rubocop:disable Lint/RescueException - the submission's own code runs here
        "an exception that cannot be shown"
      end

      private

      def clean(text) = String.new(text.to_s).encode("UTF-8", invalid: :replace, undef: :replace).scrub

      def short(text)
        plain = clean(text).gsub(ANSI, "").strip
        plain.length <= MAX_MESSAGE ? plain : "#{plain[0, MAX_MESSAGE / 2]} ... #{plain[(-MAX_MESSAGE / 2 + 10)..]}"
      end
    end
  end
end
