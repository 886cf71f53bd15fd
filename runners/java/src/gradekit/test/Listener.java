package gradekit.test;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Records how each test ended; a class that cannot be set up takes its tests with it. */
final class Listener implements TestExecutionListener {
    private final Records records;
    private final Supplier<String> fault;
    private final Map<String, Long> begun = new HashMap<>();
    private final Set<String> told = new HashSet<>();
    private TestPlan plan;

    /** Write to records; {@code fault} tells, and forgets, why what a test saw cannot be counted; null when it can. */
    Listener(Records records, Supplier<String> fault) {
        this.records = records;
        this.fault = fault;
    }

    @Override
    public void testPlanExecutionStarted(TestPlan begun) {
        plan = begun;
    }

    @Override
    public synchronized void executionStarted(TestIdentifier test) {
        begun.put(test.getUniqueId(), System.nanoTime());
    }

    @Override
    public synchronized void executionSkipped(TestIdentifier test, String reason) {
        below(test, "skipped", reason == null ? "skipped" : reason);
    }

    @Override
    public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
        Throwable thrown = result.getThrowable().orElse(null);
        boolean passed = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
        boolean aborted = result.getStatus() == TestExecutionResult.Status.ABORTED;
        String wrong = fault.get();
        if (test.isTest()) {
            boolean faulty = passed && wrong != null;
            String outcome = faulty ? "failed" : passed ? "passed" : aborted ? "skipped" : "failed";
            record(test, outcome, faulty ? wrong : message(thrown));
        } else if (wrong != null && passed) {
            below(test, "errored", wrong);
        } else if (!passed) {
            below(test, aborted ? "skipped" : "errored", message(thrown));
        }
    }

    /** Record all tests below that were not; what was there before them, when all were. */
    private void below(TestIdentifier group, String outcome, String message) {
        List<TestIdentifier> left = plan.getDescendants(group).stream()
                .filter(item -> plan.getChildren(item).isEmpty() && !told.contains(item.getUniqueId()))
                .toList();
        if (left.isEmpty()) {
            record(group, outcome, message);
        }
        left.forEach(item -> record(item, outcome, message));
    }

    private void record(TestIdentifier test, String outcome, String message) {
        Long from = begun.remove(test.getUniqueId());
        told.add(test.getUniqueId());
        records.write(Names.of(test, plan), outcome, message, from == null ? 0 : (System.nanoTime() - from) / 1e9);
    }

    private static String message(Throwable thrown) {
        if (thrown == null) {
            return "";
        }
        try {
            return thrown.toString();
        } catch (Throwable own) {
            // An exception of the submission's that cannot even say what it is.
            return thrown.getClass().getName();
        }
    }
}
