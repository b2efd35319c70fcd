CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE configuration_item (
	id INTEGER NOT NULL, 
	tenant_id VARCHAR(64) NOT NULL, 
	deleted_at BIGINT, 
	code VARCHAR(500) NOT NULL, 
	name VARCHAR(500) NOT NULL, 
	type VARCHAR(500) NOT NULL, 
	subtype VARCHAR(500), 
	category VARCHAR(500), 
	status VARCHAR(500), 
	criticality VARCHAR(500), 
	owner VARCHAR(500), 
	location VARCHAR(500), 
	source VARCHAR(500), 
	source_key VARCHAR(500), 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	tags JSON NOT NULL, 
	attributes JSON NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_item_code UNIQUE (tenant_id, code)
);
CREATE INDEX ix_item_live ON configuration_item (tenant_id, deleted_at, id);
CREATE INDEX ix_item_location ON configuration_item (tenant_id, deleted_at, location, id);
CREATE INDEX ix_item_name ON configuration_item (tenant_id, deleted_at, name, id);
CREATE INDEX ix_item_owner ON configuration_item (tenant_id, deleted_at, owner, id);
CREATE INDEX ix_item_status ON configuration_item (tenant_id, deleted_at, status, id);
CREATE INDEX ix_item_type ON configuration_item (tenant_id, deleted_at, type, id);
CREATE TABLE tag (
	tenant_id VARCHAR(64) NOT NULL, 
	ci_id BIGINT NOT NULL, 
	"key" VARCHAR(500) NOT NULL, 
	value VARCHAR(500) NOT NULL, 
	PRIMARY KEY (tenant_id, ci_id, "key")
)
 WITHOUT ROWID;
CREATE INDEX ix_tag_value ON tag (tenant_id, "key", value, ci_id);
CREATE TABLE relation (
	id INTEGER NOT NULL, 
	tenant_id VARCHAR(64) NOT NULL, 
	source_id BIGINT NOT NULL, 
	target_id BIGINT NOT NULL, 
	type VARCHAR(500) NOT NULL, 
	relation_key VARCHAR(500) DEFAULT '' NOT NULL, 
	attributes JSON NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_relation UNIQUE (tenant_id, source_id, target_id, type, relation_key)
);
CREATE INDEX ix_relation_in ON relation (tenant_id, target_id, type, source_id, id);
CREATE INDEX ix_relation_out ON relation (tenant_id, source_id, type, target_id, id);
CREATE TABLE metric (
	id INTEGER NOT NULL, 
	tenant_id VARCHAR(64) NOT NULL, 
	name VARCHAR(500) NOT NULL, 
	unit VARCHAR(500), 
	kind VARCHAR(16) NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_metric_name UNIQUE (tenant_id, name)
);
CREATE TABLE series (
	id INTEGER NOT NULL, 
	tenant_id VARCHAR(64) NOT NULL, 
	metric_id BIGINT NOT NULL, 
	ci_id BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_series UNIQUE (tenant_id, metric_id, ci_id)
);
CREATE INDEX ix_series_ci ON series (tenant_id, ci_id, metric_id);
CREATE TABLE sample (
	tenant_id VARCHAR(64) NOT NULL, 
	series_id BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	value FLOAT NOT NULL, 
	PRIMARY KEY (tenant_id, series_id, at)
)
 WITHOUT ROWID;
CREATE TABLE history_entry (
	id INTEGER NOT NULL, 
	tenant_id VARCHAR(64) NOT NULL, 
	ci_id BIGINT NOT NULL, 
	kind VARCHAR(500) NOT NULL, 
	at BIGINT NOT NULL, 
	ended_at BIGINT, 
	severity VARCHAR(16), 
	severity_rank BIGINT, 
	title TEXT NOT NULL, 
	title_digest VARCHAR(32) NOT NULL, 
	summary TEXT, 
	actor VARCHAR(500), 
	attributes JSON NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_history_entry UNIQUE (tenant_id, ci_id, kind, at, title_digest)
);
CREATE INDEX ix_history_at ON history_entry (tenant_id, at, id);
CREATE INDEX ix_history_ci_at ON history_entry (tenant_id, ci_id, at, id);
CREATE TABLE rule (
	id INTEGER NOT NULL, 
	tenant_id VARCHAR(64) NOT NULL, 
	code VARCHAR(500) NOT NULL, 
	name VARCHAR(500) NOT NULL, 
	description TEXT, 
	severity VARCHAR(16), 
	enabled BOOLEAN NOT NULL, 
	"trigger" JSON NOT NULL, 
	attributes JSON NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_rule_code UNIQUE (tenant_id, code)
);
CREATE INDEX ix_rule_name ON rule (tenant_id, name, id);
CREATE TABLE data_version (
	tenant_id VARCHAR(64) NOT NULL, 
	port VARCHAR(32) NOT NULL, 
	number BIGINT NOT NULL, 
	PRIMARY KEY (tenant_id, port)
);
CREATE TABLE tenant (
	tenant_id VARCHAR(64) NOT NULL, 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (tenant_id)
)
 WITHOUT ROWID;
CREATE TABLE api_key (
	id VARCHAR(32) NOT NULL, 
	tenant_id VARCHAR(64) NOT NULL, 
	name VARCHAR(500) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT, 
	revoked_at BIGINT, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_api_key_digest UNIQUE (digest)
)
 WITHOUT ROWID;
CREATE INDEX ix_api_key_tenant ON api_key (tenant_id, created_at, id);
CREATE TABLE document (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tenant_id VARCHAR(64) NOT NULL, 
	source VARCHAR(500) NOT NULL, 
	title VARCHAR(500) NOT NULL, 
	media_type VARCHAR(500) NOT NULL, 
	version VARCHAR(500) NOT NULL, 
	tags JSON NOT NULL, 
	items JSON NOT NULL, 
	passages BIGINT NOT NULL, 
	pages BIGINT, 
	unread_pages JSON NOT NULL, 
	images BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT uq_document_source UNIQUE (tenant_id, source)
);
CREATE INDEX ix_document_updated ON document (tenant_id, updated_at, id);
CREATE TABLE passage (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tenant_id VARCHAR(64) NOT NULL, 
	document_id BIGINT NOT NULL, 
	position BIGINT NOT NULL, 
	section TEXT NOT NULL, 
	page BIGINT, 
	first_char BIGINT NOT NULL, 
	end_char BIGINT NOT NULL, 
	text TEXT NOT NULL
);
CREATE INDEX ix_passage_document ON passage (tenant_id, document_id, position);
CREATE INDEX ix_passage_id ON passage (tenant_id, id);
CREATE TABLE passage_item (
	tenant_id VARCHAR(64) NOT NULL, 
	code VARCHAR(500) NOT NULL, 
	passage_id BIGINT NOT NULL, 
	is_named BIGINT NOT NULL, 
	PRIMARY KEY (tenant_id, code, passage_id)
)
 WITHOUT ROWID;
CREATE INDEX ix_passage_item_passage ON passage_item (tenant_id, passage_id);
CREATE TABLE passage_words (
	tenant_id VARCHAR(64) NOT NULL, 
	passage_id BIGINT NOT NULL, 
	document_id BIGINT NOT NULL, 
	length BIGINT NOT NULL, 
	words BLOB NOT NULL, 
	PRIMARY KEY (tenant_id, passage_id)
);
CREATE TABLE passage_vector (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tenant_id VARCHAR(64) NOT NULL, 
	model VARCHAR(100) NOT NULL, 
	passage_id BIGINT NOT NULL, 
	document_id BIGINT NOT NULL, 
	vector BLOB NOT NULL, 
	CONSTRAINT uq_passage_vector UNIQUE (tenant_id, passage_id, model)
);
CREATE INDEX ix_passage_vector_id ON passage_vector (tenant_id, model, id);
CREATE TABLE embedding (
	tenant_id VARCHAR(64) NOT NULL, 
	model VARCHAR(100) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	kept_at BIGINT NOT NULL, 
	vector BLOB NOT NULL, 
	PRIMARY KEY (tenant_id, model, digest)
);
CREATE INDEX ix_embedding_kept ON embedding (tenant_id, kept_at);
CREATE TABLE team (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tenant_id VARCHAR(64) NOT NULL, 
	deleted_at BIGINT, 
	name VARCHAR(500) NOT NULL, 
	description TEXT, 
	created_at BIGINT NOT NULL, 
	version BIGINT NOT NULL
);
CREATE INDEX ix_team_live ON team (tenant_id, deleted_at, id);
CREATE TABLE team_member (
	tenant_id VARCHAR(64) NOT NULL, 
	team_id BIGINT NOT NULL, 
	person VARCHAR(500) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	email VARCHAR(320), 
	since BIGINT NOT NULL, 
	PRIMARY KEY (tenant_id, team_id, person)
)
 WITHOUT ROWID;
CREATE INDEX ix_team_member_person ON team_member (tenant_id, person, team_id);
CREATE TABLE team_invitation (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tenant_id VARCHAR(64) NOT NULL, 
	team_id BIGINT NOT NULL, 
	code VARCHAR(64) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	email VARCHAR(320), 
	uses BIGINT NOT NULL, 
	used BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	revoked_at BIGINT, 
	CONSTRAINT uq_team_invitation_code UNIQUE (tenant_id, code)
);
CREATE INDEX ix_team_invitation_team ON team_invitation (tenant_id, team_id, id);
CREATE TABLE project (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tenant_id VARCHAR(64) NOT NULL, 
	team_id BIGINT NOT NULL, 
	deleted_at BIGINT, 
	name VARCHAR(500) NOT NULL, 
	description TEXT, 
	status VARCHAR(16) NOT NULL, 
	tags JSON NOT NULL, 
	repository VARCHAR(400), 
	constraints JSON NOT NULL, 
	leaves BIGINT NOT NULL, 
	finished BIGINT NOT NULL, 
	last_seq BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	version BIGINT NOT NULL
);
CREATE INDEX ix_project_team ON project (tenant_id, team_id, deleted_at, id);
CREATE TABLE work_item (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tenant_id VARCHAR(64) NOT NULL, 
	project_id BIGINT NOT NULL, 
	deleted_at BIGINT, 
	parent_id BIGINT, 
	kind VARCHAR(16) NOT NULL, 
	title VARCHAR(500) NOT NULL, 
	description TEXT, 
	own_status VARCHAR(16) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	priority BIGINT NOT NULL, 
	assignee VARCHAR(500), 
	due VARCHAR(10), 
	blocker TEXT, 
	runs JSON NOT NULL, 
	documents JSON NOT NULL, 
	issue VARCHAR(400), 
	pull_request VARCHAR(400), 
	became BIGINT, 
	children BIGINT NOT NULL, 
	leaves BIGINT NOT NULL, 
	finished BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	version BIGINT NOT NULL
);
CREATE INDEX ix_work_item_assignee ON work_item (tenant_id, assignee, deleted_at, priority, id);
CREATE INDEX ix_work_item_issue ON work_item (tenant_id, project_id, issue);
CREATE INDEX ix_work_item_parent ON work_item (tenant_id, parent_id, deleted_at, id);
CREATE INDEX ix_work_item_project ON work_item (tenant_id, project_id, deleted_at, priority, id);
CREATE TABLE work_ci (
	tenant_id VARCHAR(64) NOT NULL, 
	owner VARCHAR(16) NOT NULL, 
	owner_id BIGINT NOT NULL, 
	ci_id BIGINT NOT NULL, 
	PRIMARY KEY (tenant_id, owner, owner_id, ci_id)
)
 WITHOUT ROWID;
CREATE INDEX ix_work_ci ON work_ci (tenant_id, ci_id, owner, owner_id);
CREATE TABLE work_dependency (
	tenant_id VARCHAR(64) NOT NULL, 
	source_id BIGINT NOT NULL, 
	target_id BIGINT NOT NULL, 
	type VARCHAR(16) NOT NULL, 
	project_id BIGINT NOT NULL, 
	PRIMARY KEY (tenant_id, source_id, target_id, type)
)
 WITHOUT ROWID;
CREATE INDEX ix_work_dependency_project ON work_dependency (tenant_id, project_id);
CREATE INDEX ix_work_dependency_target ON work_dependency (tenant_id, target_id, source_id);
CREATE TABLE work_session (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tenant_id VARCHAR(64) NOT NULL, 
	project_id BIGINT NOT NULL, 
	goal TEXT NOT NULL, 
	started_by VARCHAR(500) NOT NULL, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	summary TEXT, 
	version BIGINT NOT NULL
);
CREATE INDEX ix_work_session_project ON work_session (tenant_id, project_id, id);
CREATE TABLE work_session_person (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tenant_id VARCHAR(64) NOT NULL, 
	session_id BIGINT NOT NULL, 
	person VARCHAR(500) NOT NULL, 
	joined_at BIGINT NOT NULL, 
	left_at BIGINT, 
	CONSTRAINT uq_work_session_person UNIQUE (tenant_id, session_id, person)
);
CREATE INDEX ix_work_session_person ON work_session_person (tenant_id, person, session_id);
CREATE TABLE work_session_run (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tenant_id VARCHAR(64) NOT NULL, 
	session_id BIGINT NOT NULL, 
	run_id VARCHAR(64) NOT NULL, 
	CONSTRAINT uq_work_session_run UNIQUE (tenant_id, session_id, run_id)
);
CREATE TABLE work_session_note (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tenant_id VARCHAR(64) NOT NULL, 
	session_id BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	"by" VARCHAR(500) NOT NULL, 
	text TEXT NOT NULL, 
	done BIGINT NOT NULL
);
CREATE INDEX ix_work_session_note ON work_session_note (tenant_id, session_id, id);
CREATE TABLE activity (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tenant_id VARCHAR(64) NOT NULL, 
	team_id BIGINT NOT NULL, 
	project_id BIGINT, 
	seq BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	actor VARCHAR(500) NOT NULL, 
	kind VARCHAR(64) NOT NULL, 
	object_type VARCHAR(16) NOT NULL, 
	object_id VARCHAR(500) NOT NULL, 
	version BIGINT, 
	title VARCHAR(500) NOT NULL, 
	changes JSON NOT NULL, 
	CONSTRAINT uq_activity_seq UNIQUE (tenant_id, project_id, seq)
);
CREATE INDEX ix_activity_id ON activity (tenant_id, id);
CREATE TABLE activity_due (
	activity_id BIGINT NOT NULL, 
	tenant_id VARCHAR(64) NOT NULL, 
	PRIMARY KEY (activity_id)
)
 WITHOUT ROWID;
CREATE TABLE credential (
	tenant_id VARCHAR(64) NOT NULL, 
	name VARCHAR(500) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	repositories JSON NOT NULL, 
	login VARCHAR(500), 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT, 
	made_by VARCHAR(500) NOT NULL, 
	sealed TEXT NOT NULL, 
	PRIMARY KEY (tenant_id, name)
);
CREATE TABLE repository_link (
	tenant_id VARCHAR(64) NOT NULL, 
	project_id BIGINT NOT NULL, 
	repository VARCHAR(400) NOT NULL, 
	credential VARCHAR(500), 
	items JSON NOT NULL, 
	environments JSON NOT NULL, 
	pushes BOOLEAN NOT NULL, 
	hook VARCHAR(64), 
	linked_by VARCHAR(500) NOT NULL, 
	linked_at BIGINT NOT NULL, 
	page BIGINT NOT NULL, 
	since BIGINT, 
	tags JSON NOT NULL, 
	deployment BIGINT NOT NULL, 
	synced_at BIGINT, 
	problem TEXT, 
	PRIMARY KEY (tenant_id, project_id)
);
CREATE TABLE repository_seen (
	tenant_id VARCHAR(64) NOT NULL, 
	project_id BIGINT NOT NULL, 
	is_milestone BIGINT NOT NULL, 
	number BIGINT NOT NULL, 
	item_id BIGINT NOT NULL, 
	marks JSON NOT NULL, 
	PRIMARY KEY (tenant_id, project_id, is_milestone, number)
);
CREATE TABLE repository_watch (
	tenant_id VARCHAR(64) NOT NULL, 
	project_id BIGINT NOT NULL, 
	hook VARCHAR(64), 
	secret TEXT, 
	due_at BIGINT NOT NULL, 
	claimed_until BIGINT NOT NULL, 
	PRIMARY KEY (tenant_id, project_id), 
	CONSTRAINT uq_repository_watch_hook UNIQUE (hook)
);
CREATE INDEX ix_repository_watch_due ON repository_watch (due_at);
CREATE TABLE delivery (
	tenant_id VARCHAR(64) NOT NULL, 
	id VARCHAR(64) NOT NULL, 
	project_id BIGINT NOT NULL, 
	event VARCHAR(64) NOT NULL, 
	payload TEXT, 
	received_at BIGINT NOT NULL, 
	handled_at BIGINT, 
	tries BIGINT NOT NULL, 
	PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ix_delivery_waiting ON delivery (tenant_id, project_id, handled_at, received_at);
CREATE TABLE webhook (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tenant_id VARCHAR(64) NOT NULL, 
	team_id BIGINT NOT NULL, 
	project_id BIGINT, 
	url TEXT NOT NULL, 
	kinds JSON NOT NULL, 
	about VARCHAR(500) NOT NULL, 
	secrets JSON NOT NULL, 
	created_by VARCHAR(500) NOT NULL, 
	created_at BIGINT NOT NULL, 
	rotated_at BIGINT
);
CREATE INDEX ix_webhook_team ON webhook (tenant_id, team_id, id);
INSERT INTO tenant (tenant_id, created_at) VALUES ('default', CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER));
INSERT INTO alembic_version (version_num) VALUES ('estate_0006');
