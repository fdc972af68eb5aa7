/* SPDX-License-Identifier: MIT */
/*
 * What Trace Compass makes of a trace, one fact a line, in columns with tabs between them:
 *
 *	type ID CONFIDENCE		it takes the folder for such a trace
 *	event NAME NUMBER		so many events of that name
 *	analysis ID HOW			of each analysis that it offers for the trace
 *	state PATH BEGIN END VALUE	of the kernel's state system: what was when
 *	entry VIEW ID PARENT BEGIN END LABEL...	a row of a view's tree
 *	row VIEW ID BEGIN END STYLE LABEL	what is drawn in that row
 *	segments ID NUMBER		of an analysis that finds such
 *	segment ID BEGIN END NAME
 *	series PROVIDER NAME SUM MAX	of a chart
 *	problem TEXT			what it has logged
 *
 * Times are in ns since 1970, as Trace Compass has them.
 */
import java.io.File;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.core.runtime.IStatus;
import org.eclipse.core.runtime.NullProgressMonitor;
import org.eclipse.core.runtime.Platform;
import org.eclipse.tracecompass.analysis.timing.core.segmentstore.ISegmentStoreProvider;
import org.eclipse.tracecompass.lttng2.kernel.core.trace.LttngKernelTrace;
import org.eclipse.tracecompass.segmentstore.core.ISegment;
import org.eclipse.tracecompass.segmentstore.core.ISegmentStore;
import org.eclipse.tracecompass.statesystem.core.ITmfStateSystem;
import org.eclipse.tracecompass.statesystem.core.interval.ITmfStateInterval;
import org.eclipse.tracecompass.tmf.core.analysis.IAnalysisModule;
import org.eclipse.tracecompass.tmf.core.dataprovider.DataProviderManager;
import org.eclipse.tracecompass.tmf.core.dataprovider.DataProviderParameterUtils;
import org.eclipse.tracecompass.tmf.core.event.ITmfEvent;
import org.eclipse.tracecompass.tmf.core.model.timegraph.ITimeGraphDataProvider;
import org.eclipse.tracecompass.tmf.core.model.timegraph.ITimeGraphEntryModel;
import org.eclipse.tracecompass.tmf.core.model.timegraph.ITimeGraphRowModel;
import org.eclipse.tracecompass.tmf.core.model.timegraph.ITimeGraphState;
import org.eclipse.tracecompass.tmf.core.model.timegraph.TimeGraphModel;
import org.eclipse.tracecompass.tmf.core.model.tree.ITmfTreeDataModel;
import org.eclipse.tracecompass.tmf.core.model.tree.ITmfTreeDataProvider;
import org.eclipse.tracecompass.tmf.core.model.tree.TmfTreeModel;
import org.eclipse.tracecompass.tmf.core.model.xy.ISeriesModel;
import org.eclipse.tracecompass.tmf.core.model.xy.ITmfTreeXYDataProvider;
import org.eclipse.tracecompass.tmf.core.model.xy.ITmfXyModel;
import org.eclipse.tracecompass.tmf.core.project.model.TmfTraceType;
import org.eclipse.tracecompass.tmf.core.project.model.TraceTypeHelper;
import org.eclipse.tracecompass.tmf.core.request.ITmfEventRequest.ExecutionType;
import org.eclipse.tracecompass.tmf.core.request.TmfEventRequest;
import org.eclipse.tracecompass.tmf.core.response.TmfModelResponse;
import org.eclipse.tracecompass.tmf.core.signal.TmfSignalManager;
import org.eclipse.tracecompass.tmf.core.signal.TmfTraceOpenedSignal;
import org.eclipse.tracecompass.tmf.core.statesystem.TmfStateSystemAnalysisModule;
import org.eclipse.tracecompass.tmf.core.timestamp.TmfTimeRange;
import org.eclipse.tracecompass.tmf.core.trace.ITmfTrace;

public final class ShowTrace {
	private static final String KERNEL = "org.eclipse.tracecompass.analysis.os.linux.kernel";
	private static final String[][] TIME_GRAPHS = {
		{ "control-flow",
			"org.eclipse.tracecompass.internal.analysis.os.linux.core.threadstatus.ThreadStatusDataProvider" },
		{ "resources",
			"org.eclipse.tracecompass.internal.analysis.os.linux.core.threadstatus.ResourcesStatusDataProvider" },
	};
	private static final String[] CHARTS = {
		"org.eclipse.tracecompass.analysis.os.linux.core.cpuusage.CpuUsageDataProvider",
		"org.eclipse.tracecompass.analysis.os.linux.core.inputoutput.DisksIODataProvider",
	};
	private static final AtomicInteger problems = new AtomicInteger();

	private ShowTrace() {
	}

	private static void line(Object... columns) {
		StringBuilder text = new StringBuilder();
		for (Object column : columns) {
			if (text.length() > 0)
				text.append('\t');
			text.append(String.valueOf(column).replace('\t', ' ').replace('\n', ' '));
		}
		System.out.println(text);
	}

	/* At least one screen has as many columns as there are states to be seen, so that
	 * nothing is left out between two of them: each time at which something changes. */
	private static List<Long> times(ITmfStateSystem states) throws Exception {
		List<Integer> all = new ArrayList<>();
		java.util.TreeSet<Long> times = new java.util.TreeSet<>();
		for (int quark = 0; quark < states.getNbAttributes(); quark++)
			all.add(quark);
		for (ITmfStateInterval interval : states.query2D(all, states.getStartTime(), states.getCurrentEndTime()))
			times.add(interval.getStartTime());
		times.add(states.getCurrentEndTime());
		return new ArrayList<>(times);
	}

	private static void showTypes(String path) {
		for (TraceTypeHelper helper : TmfTraceType.getTraceTypeHelpers()) {
			if (helper.isExperimentType())
				continue;
			int confidence = helper.validateWithConfidence(path);
			if (confidence >= 0)
				line("type", helper.getTraceTypeId(), confidence);
		}
	}

	private static void showEvents(ITmfTrace trace) throws InterruptedException {
		Map<String, Long> counts = new TreeMap<>();
		long[] disorder = { Long.MIN_VALUE, 0 };
		TmfEventRequest request = new TmfEventRequest(ITmfEvent.class, TmfTimeRange.ETERNITY, 0,
				Integer.MAX_VALUE, ExecutionType.FOREGROUND) {
			@Override
			public void handleData(ITmfEvent event) {
				long now = event.getTimestamp().toNanos();
				super.handleData(event);
				counts.merge(event.getName(), 1L, Long::sum);
				if (now < disorder[0])
					disorder[1]++;
				disorder[0] = now;
			}
		};
		trace.sendRequest(request);
		request.waitForCompletion();
		counts.forEach((name, count) -> line("event", name, count));
		line("backwards", disorder[1]);
	}

	private static void showSegments(IAnalysisModule module) {
		if (!(module instanceof ISegmentStoreProvider))
			return;
		ISegmentStore<ISegment> store = ((ISegmentStoreProvider) module).getSegmentStore();
		if (store == null)
			return;
		line("segments", module.getId(), store.size());
		for (ISegment segment : store)
			line("segment", module.getId(), segment.getStart(), segment.getEnd(), segment);
	}

	private static void showAnalyses(ITmfTrace trace) {
		for (IAnalysisModule module : trace.getAnalysisModules()) {
			String how = "cannot be executed";
			if (module.canExecute(trace)) {
				IStatus status = module.schedule();
				how = !status.isOK() ? status.getMessage() : module.waitForCompletion() ? "ok" : "failed";
			}
			line("analysis", module.getId(), how);
			showSegments(module);
		}
	}

	private static ITmfStateSystem statesOf(ITmfTrace trace) {
		for (IAnalysisModule module : trace.getAnalysisModules())
			if (module.getId().equals(KERNEL))
				return ((TmfStateSystemAnalysisModule) module).getStateSystem();
		return null;
	}

	private static void showStates(ITmfStateSystem states) throws Exception {
		List<Integer> all = new ArrayList<>();
		for (int quark = 0; quark < states.getNbAttributes(); quark++)
			all.add(quark);
		for (ITmfStateInterval interval : states.query2D(all, states.getStartTime(), states.getCurrentEndTime()))
			line("state", states.getFullAttributePath(interval.getAttribute()), interval.getStartTime(),
					interval.getEndTime() + 1, interval.getValue());
	}

	private static Map<String, Object> parameters(List<Long> times, Collection<Long> items) {
		Map<String, Object> parameters = new HashMap<>();
		parameters.put(DataProviderParameterUtils.REQUESTED_TIME_KEY, times);
		parameters.put(DataProviderParameterUtils.REQUESTED_ITEMS_KEY, items);
		return parameters;
	}

	private static <T> T complete(String view, TmfModelResponse<T> response) {
		if (response.getStatus() != org.eclipse.tracecompass.tmf.core.response.ITmfResponse.Status.COMPLETED)
			line("problem", view, response.getStatus(), response.getStatusMessage());
		return response.getModel();
	}

	private static void showTimeGraph(ITmfTrace trace, String view, String id, List<Long> times) {
		@SuppressWarnings("unchecked")
		ITimeGraphDataProvider<? extends ITimeGraphEntryModel> provider = DataProviderManager.getInstance()
				.fetchOrCreateDataProvider(trace, id, ITimeGraphDataProvider.class);
		if (provider == null) {
			line("problem", "nothing provides " + view);
			return;
		}
		TmfTreeModel<? extends ITimeGraphEntryModel> tree = complete(view, provider.fetchTree(
				parameters(List.of(times.get(0), times.get(times.size() - 1)), List.of()), new NullProgressMonitor()));
		List<Long> ids = new ArrayList<>();
		for (ITimeGraphEntryModel entry : tree.getEntries()) {
			ids.add(entry.getId());
			line("entry", view, entry.getId(), entry.getParentId(), entry.getStartTime(), entry.getEndTime(),
					String.join("\t", entry.getLabels()).replace("\t", " | "));
		}
		TimeGraphModel rows = complete(view, provider.fetchRowModel(parameters(times, ids), new NullProgressMonitor()));
		for (ITimeGraphRowModel row : rows.getRows())
			for (ITimeGraphState state : row.getStates())
				line("row", view, row.getEntryID(), state.getStartTime(), state.getStartTime() + state.getDuration(),
						state.getStyle() == null ? "" : state.getStyle().getParentKey(),
						state.getLabel() == null ? "" : state.getLabel());
	}

	private static void showChart(ITmfTrace trace, String id, List<Long> times) {
		@SuppressWarnings("unchecked")
		ITmfTreeXYDataProvider<? extends ITmfTreeDataModel> provider = DataProviderManager.getInstance()
				.fetchOrCreateDataProvider(trace, id, ITmfTreeXYDataProvider.class);
		if (provider == null) {
			line("problem", "nothing provides " + id);
			return;
		}
		long begin = times.get(0), end = times.get(times.size() - 1);
		List<Long> columns = new ArrayList<>();
		for (int i = 0; i <= 1000; i++)
			columns.add(begin + (end - begin) / 1000 * i);
		List<Long> range = List.of(begin, end);
		Map<String, Object> wanted = parameters(range, List.of());
		wanted.put("requested_cpus", List.of(0L));
		TmfTreeModel<? extends ITmfTreeDataModel> tree = complete(id, ((ITmfTreeDataProvider<? extends ITmfTreeDataModel>) provider)
				.fetchTree(wanted, new NullProgressMonitor()));
		if (tree == null)
			return;
		Map<Long, String> names = new HashMap<>();
		for (ITmfTreeDataModel entry : tree.getEntries()) {
			names.put(entry.getId(), entry.getName());
			line("entry", id, entry.getId(), entry.getParentId(), "", "", String.join(" | ", entry.getLabels()));
		}
		Map<String, Object> query = parameters(columns, new ArrayList<>(names.keySet()));
		query.put("requested_cpus", List.of(0L));
		ITmfXyModel model = complete(id, provider.fetchXY(query, new NullProgressMonitor()));
		if (model == null)
			return;
		for (ISeriesModel series : model.getSeriesData()) {
			double sum = 0, max = 0;
			for (double value : series.getData()) {
				sum += value;
				max = Math.max(max, value);
			}
			line("series", id, series.getName(), sum, max);
		}
	}

	private static void listen() {
		Platform.addLogListener((status, plugin) -> {
			Throwable cause = status.getException();
			line("problem", plugin, status.getMessage(), cause == null ? "" : cause);
			if (cause != null)
				cause.printStackTrace();
			problems.incrementAndGet();
		});
	}

	/* The status of the program: 0, or 1 where the trace is not taken as one. */
	public static int show(String path) throws Exception {
		listen();
		showTypes(path);
		LttngKernelTrace trace = new LttngKernelTrace();
		IStatus status = trace.validate(null, path);
		line("validate", status.getSeverity(), status.getMessage());
		if (!status.isOK())
			return 1;
		trace.initTrace(null, path, ITmfEvent.class);
		trace.indexTrace(true);
		TmfSignalManager.dispatchSignal(new TmfTraceOpenedSignal(trace, trace, null));
		line("events", trace.getNbEvents());
		line("layout", trace.getKernelEventLayout().getClass().getSimpleName());
		line("range", trace.getStartTime().toNanos(), trace.getEndTime().toNanos());
		showEvents(trace);
		showAnalyses(trace);
		ITmfStateSystem states = statesOf(trace);
		if (states == null) {
			line("problem", "no state system of the kernel");
			return 1;
		}
		showStates(states);
		List<Long> times = times(states);
		for (String[] view : TIME_GRAPHS)
			showTimeGraph(trace, view[0], view[1], times);
		for (String chart : CHARTS)
			showChart(trace, chart, times);
		line("problems", problems.get());
		return 0;
	}
}
