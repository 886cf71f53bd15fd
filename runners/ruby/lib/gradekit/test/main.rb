# Runs each file of the hidden suite in a process of its own, and writes the records.
#
# This process loads no code of the submission. What a file's process tells it on a pipe is about that file only; its
# exit code is not looked at.
require "digest"
require "json"
require "socket"
require "tmpdir"
require "gradekit/test/suite"

module Gradekit
  module Test
    HIDDEN = "/hidden"
    SOCKET = "/call/socket"
    CHANNEL = 3
    OUTCOMES = %w[passed failed skipped errored].freeze
    MAX_RECORDS = 9_000
    MAX_LINE = 64 << 10
    MAX_ID = 900
    MAX_MESSAGE = 2_000
    DRAINING = 0.2
    OPENING = 20
    UNREACHABLE = 3

    # Writes records with ids that no two tests share.
    class Records
      attr_reader :count

      def initialize(output)
        @output = output
        @count = 0
        @seen = Hash.new(0)
      end

      def add(names, outcome, message, seconds)
        return if @count >= MAX_RECORDS

        @count += 1
        record = { test: id_of(names), outcome: outcome, message: message.to_s[0, MAX_MESSAGE], seconds: seconds.to_f.round(4) }
        write(record)
      end

      def finish
        write(end: @count)
      end

      private

      def write(record)
        @output.write("#{JSON.generate(record)}\n")
        @output.flush
      end

      def id_of(names)
        id = names.map { |name| name.to_s.scrub.gsub(/[[:space:][:cntrl:]]+/, " ").strip }.join(" > ")
        id = "#{id[0, MAX_ID - 20]}... #{Digest::SHA256.hexdigest(id)[0, 12]}" if id.length > MAX_ID
        times = @seen[id] += 1
        times == 1 ? id : "#{id} ##{times}"
      end
    end

    # The process of a file, and what it tells.
    class FileRun
      def initialize(file, split, records)
        @file = file
        @split = split
        @records = records
        @ended = false
      end

      def run
        reader, writer = IO.pipe
        pid = start(writer)
        writer.close
        how = read(reader, pid)
        reader.close
        sweep(pid)
        return if @ended

        @records.add([@file.name], "errored", "the process of this file #{how} before its tests had ended", 0)
      end

      private

      def start(writer)
        folder = Dir.mktmpdir("suite-", "/tmp")
        environment = { "HOME" => folder, "LANG" => "C.UTF-8", "PATH" => "/usr/local/bin:/usr/bin:/bin", "TZ" => "UTC" }
        argv = ["/usr/bin/ruby", "--disable=rubyopt,did_you_mean,error_highlight", "-I", "/opt/gradekit/lib",
                "/opt/gradekit/lib/gradekit/test/child.rb", @file.framework, @file.path, @split.to_s]
        Process.spawn(environment, *argv, CHANNEL => writer, :in => File::NULL, :out => 2, :chdir => folder,
                                          :pgroup => true, :unsetenv_others => true)
      end

      # Take records until the end of them or of the process; how the latter was.
      def read(reader, pid)
        rest = +"".b
        waiter = Process.detach(pid)
        deadline = nil
        until @ended
          deadline ||= now + DRAINING unless waiter.alive?
          return how(waiter.value) if deadline && now >= deadline
          next unless reader.wait_readable(0.05)

          part = reader.read_nonblock(MAX_LINE, exception: false)
          return how(waiter.value) if part.nil?

          rest << part if part.is_a?(String)
          while (line = rest.slice!(/\A[^\n]*\n/n))
            take(line)
            return "ended" if @ended
          end
          return "wrote what is no record" if rest.bytesize > MAX_LINE
        end
      rescue JSON::ParserError, TypeError, NoMethodError
        "wrote what is no record"
      end

      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

      def how(status)
        status.signaled? ? "was ended by signal #{status.termsig}" : "exited with code #{status.exitstatus}"
      end

      def take(line)
        told = JSON.parse(line.force_encoding(Encoding::UTF_8).scrub)
        if told["end"] == true
          @ended = true
        elsif OUTCOMES.include?(told["outcome"]) && told["path"].is_a?(Array)
          @records.add([@file.name, *told["path"]], told["outcome"], told["message"], told["seconds"])
        end
      end

      # End everything that a file left running, where nothing but us and the container's init is there.
      def sweep(pid)
        [-pid, *(Process.ppid == 1 && !Process.uid.zero? ? [-1] : [])].each do |number|
          Process.kill(:KILL, number)
        rescue Errno::ESRCH, Errno::EPERM
          next
        end
      end
    end

    module_function

    def listening?
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + OPENING
      begin
        UNIXSocket.new(SOCKET).close
        true
      rescue SystemCallError
        return false if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

        sleep(0.05)
        retry
      end
    end

    def run(mode = nil, seconds = nil)
      records = Records.new($stdout.dup)
      $stdout.reopen($stderr)
      if mode == "split" && !listening?
        warn "the submission's container does not listen"
        exit!(UNREACHABLE)
      end
      Suite.files(HIDDEN).each { |file| FileRun.new(file, mode == "split" ? seconds : nil, records).run }
      records.finish
      exit!(0)
    end
  end
end

Gradekit::Test.run(*ARGV)
