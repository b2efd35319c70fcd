CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE run (
	tenant_id VARCHAR(64) NOT NULL, 
	run_id VARCHAR(64) NOT NULL, 
	principal VARCHAR(200) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	text TEXT NOT NULL, 
	asked_at BIGINT NOT NULL, 
	budget_s FLOAT NOT NULL, 
	status VARCHAR(16), 
	summary TEXT, 
	elapsed_s FLOAT, private BOOLEAN DEFAULT 0 NOT NULL, 
	PRIMARY KEY (tenant_id, run_id)
)
 WITHOUT ROWID;
CREATE INDEX ix_run_asked ON run (tenant_id, asked_at, run_id);
CREATE TABLE run_event (
	tenant_id VARCHAR(64) NOT NULL, 
	run_id VARCHAR(64) NOT NULL, 
	seq BIGINT NOT NULL, 
	offset_s FLOAT NOT NULL, 
	kind VARCHAR(64) NOT NULL, 
	"where" VARCHAR(100) NOT NULL, 
	step VARCHAR(200), 
	data JSON NOT NULL, 
	PRIMARY KEY (tenant_id, run_id, seq)
)
 WITHOUT ROWID;
CREATE TABLE run_owner (
	run_id VARCHAR(64) NOT NULL, 
	tenant VARCHAR(64) NOT NULL, 
	PRIMARY KEY (run_id, tenant)
)
 WITHOUT ROWID;
CREATE TABLE model_spending (
	tenant_id VARCHAR(64) NOT NULL, 
	scope VARCHAR(64) NOT NULL, 
	day VARCHAR(10) NOT NULL, 
	requests BIGINT NOT NULL, 
	input_tokens BIGINT NOT NULL, 
	output_tokens BIGINT NOT NULL, 
	reserved_tokens BIGINT NOT NULL, 
	micros BIGINT NOT NULL, 
	reserved_micros BIGINT NOT NULL, 
	PRIMARY KEY (tenant_id, scope)
)
 WITHOUT ROWID;
CREATE INDEX ix_model_spending_day ON model_spending (tenant_id, day);
INSERT INTO alembic_version (version_num) VALUES ('runs_0004');
