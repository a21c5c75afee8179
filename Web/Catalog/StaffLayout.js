/** The layout editor: sections and grades on one side, the seats that they make on the other. */
import { h, replace } from '../Page/dom.js';
import { button, showLoaded, skeletonBlock, toast } from '../Page/components.js';
import { icon } from '../Page/icons.js';
import * as api from '../Page/staffApi.js';
import { formProblem } from '../Page/staffParts.js';
import { t } from '../Page/text.js';
import { problems } from './LayoutCheck.js';
import { askOtherDate, askStart, chooseFile, problemText, showProblems } from './LayoutDialogs.js';
import { layoutEditor } from './LayoutEditor.js';
import { seatCount } from './LayoutGeometry.js';
import { gradeForm } from './LayoutGradeForm.js';
import { canvasFrame, dragged, layoutPreview, snapped } from './LayoutPreview.js';
import { sectionForm } from './LayoutSectionForm.js';
import { sectionList } from './LayoutSectionList.js';
import { brief, download, starts } from './LayoutStarts.js';
import { openDate } from './StaffDateFrame.js';

const checkAfterMs = 250;

export async function open(context) {
  const { signal } = context;
  await openDate(context, 'layout', (date) => {
    const place = h('div');
    showLoaded(place, skeletonBlock('32rem'), () => storedLayout(date.id, signal),
      (stored) => editorView(date, stored, signal), signal);
    return place;
  });
}

/** Null for a date that has none yet. */
async function storedLayout(dateId, signal) {
  try {
    return await api.layout(dateId, signal);
  } catch (problem) {
    if (problem.status === 404) return null;
    throw problem;
  }
}

function editorView(date, stored, signal) {
  const editor = layoutEditor(stored ?? starts.club());
  let mode = 'move';
  let tab = 'sections';
  let form = null;
  let grades = null;
  let dragging = null;
  let checking = 0;

  const total = h('p', { class: 'strong numeric', role: 'status' });
  const found = h('div', { 'aria-live': 'polite' });
  const refused = formProblem();
  const panel = h('div', { class: 'layout-panel card' });
  const list = sectionList({ select: (index) => { editor.select(index); show(); } });

  const preview = layoutPreview({
    signal,
    on: {
      pick: (seat) => {
        if (mode === 'block' && seat) editor.toggleBlocked([seat]);
        else editor.select(seat ? seat.section : editor.selected);
        if (seat) tab = 'sections';
        show();
      },
      drag: (section, by, isDone) => drag(section, by, isDone),
      marquee: (seats) => { editor.toggleBlocked(seats); show(); },
    },
  });

  /** The exact place is kept while the pointer moves; what is shown is where it would come to rest. */
  function drag(index, by, isDone) {
    if (!dragging) {
      editor.select(index);
      dragging = { index, section: editor.layout.sections[index], name: `drag ${performance.now()}` };
    }
    dragging.section = dragged(dragging.section, by);
    const { distance, angle, shift } = snapped(dragging.section);
    editor.changeSection(dragging.index, { distance, angle, shift }, dragging.name);
    if (isDone) {
      dragging = null;
      show();
    } else draw();
  }

  function draw() {
    const { layout } = editor;
    preview.show(layout, mode === 'block' ? null : editor.selected);
    replace(total, t('staffLayout.total', { count: seatCount(layout), sections: layout.sections.length }));
    list.show(layout, editor.selected);
    grades?.showCounts(layout.grades);
    undo.disabled = !editor.canUndo;
    redo.disabled = !editor.canRedo;
    clearTimeout(checking);
    checking = setTimeout(() => { if (!signal.aborted) showProblems(found, problems(editor.layout), goTo); }, checkAfterMs);
  }

  /** Builds the panel anew: after another section was chosen, or the layout was changed by something else than it. */
  function show() {
    form = grades = null;
    if (tab === 'grades') {
      grades = gradeForm(editor.layout.grades, {
        change: (index, changes) => { editor.changeGrade(index, changes); draw(); },
        add: () => { editor.addGrade(); show(); panel.querySelector('li:last-child input').focus(); },
        remove: (index) => { editor.removeGrade(index); show(); },
        seatsOf: (name) => editor.seatsOf(name),
      });
    } else if (editor.section) {
      form = sectionForm(editor.section, editor.layout.grades.map(({ name }) => name), {
        change: (changes) => { editor.changeSection(editor.selected, changes, Object.keys(changes).join()); draw(); },
        acts: {
          duplicate: () => { editor.duplicate({ mirrored: false }); show(); },
          mirror: () => { editor.duplicate({ mirrored: true }); show(); },
          earlier: () => { editor.moveSection(-1); show(); },
          later: () => { editor.moveSection(1); show(); },
          remove: () => { editor.removeSection(); show(); },
        },
      });
    }
    replace(panel, panelTabs(), tab === 'grades' ? grades.node : [
      list.node,
      button(t('staffLayout.addSection'), () => {
        editor.addSection();
        show();
        form.fields.name.input.select();
      }, { icon: 'plus', block: true }),
      form ? form.node : h('p', { class: 'soft' }, t('staffLayout.noneSelected')),
    ]);
    draw();
  }

  function panelTabs() {
    return h('div', { class: 'segmented layout-tabs', role: 'group', 'aria-label': t('staffLayout.panel') },
      ['sections', 'grades'].map((name) => h('button', {
        type: 'button', 'aria-pressed': String(name === tab), on: { click: () => { tab = name; show(); focusTab(); } },
      }, t(`staffLayout.${name}`))));
  }

  function focusTab() {
    panel.querySelector('.layout-tabs [aria-pressed="true"]').focus();
  }

  function goTo({ section, grade, field: name }) {
    tab = grade === undefined ? 'sections' : 'grades';
    if (section !== undefined) editor.select(section);
    show();
    const input = document.getElementById(grade === undefined ? `section-${name}` : `grade-${grade}-${name}`);
    input?.closest('details')?.setAttribute('open', '');
    input?.focus();
  }

  const tool = (key, name, act) => h('button', {
    type: 'button', class: 'button button-icon', 'aria-label': t(`staffLayout.${key}`), title: t(`staffLayout.${key}`),
    on: { click: act },
  }, icon(name));
  const undo = tool('undo', 'undo', () => { editor.undo(); show(); });
  const redo = tool('redo', 'redo', () => { editor.redo(); show(); });
  const modes = ['move', 'block'].map((name) => h('button', {
    type: 'button', 'aria-pressed': String(name === mode),
    on: {
      click: ({ currentTarget }) => {
        mode = name;
        preview.view.setMode(mode === 'block' ? 'marquee' : 'move');
        modes.forEach((one) => one.setAttribute('aria-pressed', String(one === currentTarget)));
        draw();
      },
    },
  }, t(`staffLayout.mode.${name}`)));

  const replaceBy = (layout) => {
    if (!layout) return;
    editor.replace(layout);
    show();
    preview.view.fit();
  };
  const save = async () => {
    refused.show(null);
    const wrong = problems(editor.layout).filter(({ isWarning }) => !isWarning);
    if (wrong.length) {
      showProblems(found, wrong, goTo);
      refused.show(t('staffLayout.fixFirst'));
      return;
    }
    try {
      const { seatsTotal } = await api.replaceLayout(date.id, brief(editor.layout));
      editor.markSaved();
      toast(t('staffLayout.saved', { count: seatsTotal }));
    } catch (problem) {
      if (problem.name !== 'Problem') throw problem;
      refused.show(problem.code === 'wrongState' ? [
        t('staffLayout.alreadySold'), ' ', h('a', { href: `/staff/dates/${date.id}/seats` }, t('staffLayout.toSeats')),
      ] : problem.detail);
    }
  };
  const actions = h('div', { class: 'cluster' },
    button(t('staffLayout.begin'), async () => replaceBy(await askStart())),
    button(t('staffLayout.copyFrom'), async () => replaceBy(await askOtherDate(date.id, signal))),
    button(t('staffLayout.import'), async () => {
      const read = await chooseFile();
      if (read?.problem) refused.show(problemText(read.problem));
      else replaceBy(read?.layout);
    }),
    button(t('staffLayout.export'), () => download(editor.layout, `jari-layout-${date.startsAt.slice(0, 10)}.json`)),
    button(t('staffLayout.save'), save, { kind: 'primary' }));

  addEventListener('beforeunload', (event) => { if (editor.isChanged) event.preventDefault(); }, { signal });
  document.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z' || event.target.closest('input, textarea')) return;
    event.preventDefault();
    if (event.shiftKey) editor.redo();
    else editor.undo();
    show();
  }, { signal });

  queueMicrotask(show);
  return h('div', { class: 'stack' },
    h('div', { class: 'spread layout-head' }, total, actions), refused.node,
    h('div', { class: 'layout-columns' },
      h('div', { class: 'stack-tight layout-stage' },
        canvasFrame(preview.canvas, preview.view, {
          label: t('staffLayout.tools'),
          tools: [h('div', { class: 'segmented', role: 'group', 'aria-label': t('staffLayout.modes') }, modes), undo, redo],
        }),
        h('p', { class: 'soft small' }, t('staffLayout.hint')), found),
      panel));
}
